// Writes the folder of static files that a page needs of a model or a bundle: complete, or absent.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredPrecision } from "../../engine/packed-weights.ts";
import { readPairRule } from "../../extractors/pairs/pair-rule-file.ts";
import { BUNDLE_PARTS } from "../../extractors/shared/bundle-parts.ts";
import type { LoadOptions } from "../../extractors/shared/runtime-options.ts";
import { modelKindOf } from "../../extractors/shared/saved-config.ts";
import { constraintsOf, readBundle } from "../bundle.ts";
import { modelIdentity } from "../model-identity.ts";
import { lockNewFolder, writeNewFolder } from "../new-folder.ts";
import { requireContained, verifyBundle } from "../verify-bundle.ts";
import { WebFiles } from "./web-files.ts";
import { WEB_FORMAT, WEB_MANIFEST, WEB_VERSION, type WebManifest } from "./web-manifest.ts";
import { PartWriter } from "./web-parts.ts";
import type { WebExportRequest, WebExportSummary } from "./web-request.ts";

/** Writes the folder of a checked request. It is locked meanwhile. */
export async function writeWebFolder(request: WebExportRequest): Promise<WebExportSummary> {
  const { folder, precision = "fp32" } = request;
  await using _lock = await lockNewFolder(folder);
  let manifest: WebManifest | undefined;
  await writeNewFolder(folder, async (writing) => {
    manifest = await writeModel(request, precision, new WebFiles(writing));
    await writeFile(join(writing, WEB_MANIFEST), `${JSON.stringify(manifest)}\n`);
  });
  return summaryOf(folder, manifest!); // written above, or an error was thrown
}

async function writeModel(
  request: WebExportRequest,
  stored: StoredPrecision,
  files: WebFiles,
): Promise<WebManifest> {
  const { model, withoutPictures = false, signal, onProgress } = request;
  const { extensions, verify, onNotice } = request;
  const runtime: LoadOptions = { extensions, verify, onNotice };
  const writer = new PartWriter(files, { runtime, stored, withoutPictures, signal, onProgress });
  const parts = await writeParts(model, runtime, writer);
  return {
    format: WEB_FORMAT,
    version: WEB_VERSION,
    model: await modelIdentity(model),
    precision: stored,
    ...parts,
    pictures: writer.pictures,
    notices: [...writer.notices],
    files: [...files.list],
  };
}

async function writeParts(
  model: string,
  runtime: LoadOptions,
  writer: PartWriter,
): Promise<Pick<WebManifest, "entities" | "relations" | "categories" | "typeConstraints">> {
  const none = { entities: null, relations: null, categories: null, typeConstraints: null };
  const bundle = await readBundle(model);
  if (bundle === undefined) {
    switch (await modelKindOf(model)) {
      case "entity":
        return { ...none, entities: await writer.entities(model) };
      case "relation": {
        const rule = await readPairRule(model);
        const typeConstraints = rule ? { pairs: rule.pairs, types: rule.types } : null;
        return { ...none, relations: await writer.relations(model), typeConstraints };
      }
      case "category":
        return { ...none, categories: await writer.categories(model) };
    }
  }
  await requireContained(model, bundle);
  const verified = await verifyBundle(model, bundle, runtime);
  const entities = await writer.entities(join(model, BUNDLE_PARTS.entity));
  constraintsOf(model, bundle, entities.entityTypes); // refuses types that the entity model does not have
  const relations = await writer.relations(join(model, BUNDLE_PARTS.relation));
  const categories = bundle.categories ? await writer.categories(join(model, BUNDLE_PARTS.category)) : null;
  await verified.check();
  const pairs = bundle.typeConstraints?.pairs;
  return {
    entities,
    relations,
    categories,
    typeConstraints: pairs ? { pairs, types: entities.entityTypes } : null,
  };
}

function summaryOf(folder: string, manifest: WebManifest): WebExportSummary {
  const { entities, relations, categories, files, precision, pictures, notices } = manifest;
  return {
    folder,
    precision,
    files: files.length + 1,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    entityTypes: entities?.entityTypes ?? [],
    relations: relations?.relations ?? [],
    categories: categories?.categories ?? [],
    pictures: Object.keys(pictures).length > 0,
    notices,
  };
}
