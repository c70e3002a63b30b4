// Writes a bundle or a model as a folder of static files that a web page loads (`relata/web`): complete or absent, and nothing in it needs a server.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { writingTo } from "../../base/cannot-write.ts";
import { lockOutput } from "../../base/output-lock.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { FIELD, type RequestShape, requireRequest } from "../../base/require-request.ts";
import type { StoredPrecision } from "../../engine/packed-weights.ts";
import type { ExtensionsInput } from "../../extensions/load-extensions.ts";
import { readPairRule } from "../../extractors/pairs/pair-rule-file.ts";
import { BUNDLE_PARTS } from "../../extractors/shared/bundle-parts.ts";
import { MODEL_OPTIONS } from "../../extractors/shared/model-options.ts";
import type { LoadOptions } from "../../extractors/shared/runtime-options.ts";
import { modelKindOf } from "../../extractors/shared/saved-config.ts";
import type { VerifyOptions } from "../../extractors/shared/verify-model.ts";
import { recoverFolder, replaceFolder } from "../../training/durable-folder.ts";
import { constraintsOf, readBundle } from "../bundle.ts";
import { folderExists } from "../export-bundle.ts";
import { modelIdentity } from "../model-identity.ts";
import { requireContained, verifyBundle } from "../verify-bundle.ts";
import { WebFiles } from "./web-files.ts";
import { WEB_FORMAT, WEB_MANIFEST, WEB_VERSION, type WebManifest } from "./web-manifest.ts";
import { PartWriter } from "./web-parts.ts";

/** What to export for web pages, and how. */
export interface WebExportRequest extends VerifyOptions {
  /** A bundle, or the model-best of a training run. */
  readonly model: string;
  /** The folder to write; it must not exist. */
  readonly folder: string;
  /** How weights are stored for the way; a page computes in float32 either way. Default "fp32". */
  readonly precision?: StoredPrecision | undefined;
  /** What the model needs from outside relata. */
  readonly extensions?: ExtensionsInput | undefined;
  /** Leave out what models see of pictures or captions; they then read texts only. Default false. */
  readonly withoutPictures?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnPreparation;
}

/** What was written. */
export interface WebExportSummary {
  readonly folder: string;
  readonly precision: StoredPrecision;
  readonly files: number;
  readonly bytes: number;
  readonly entityTypes: readonly string[];
  readonly relations: readonly string[];
  readonly categories: readonly string[];
  /** Whether posts may have pictures. */
  readonly pictures: boolean;
  /** What was left out, one sentence each. */
  readonly notices: readonly string[];
}

const PRECISIONS = ["fp32", "fp16", "int8"] as const satisfies readonly StoredPrecision[];

const REQUEST: RequestShape<WebExportRequest> = {
  model: FIELD.text,
  folder: FIELD.text,
  precision: z.enum(PRECISIONS).optional(),
  withoutPictures: FIELD.flag.optional(),
  onProgress: FIELD.callback.optional(),
  extensions: MODEL_OPTIONS.extensions,
  verify: MODEL_OPTIONS.verify,
  onNotice: MODEL_OPTIONS.onNotice,
  signal: MODEL_OPTIONS.signal,
};

/**
 * Exports a bundle or a model for web pages: graphs, weights in pieces, tokenizers and everything else that `relata/web` needs, as static files.
 * The folder is complete or absent, even if writing is interrupted.
 *
 * @throws ConfigError `web/cannot-export` for a model that cannot run in a page, `config/bad-request`; DataError `data/folder-exists`, `data/output-locked`,
 * `data/cannot-write`, and the codes of `load`; EngineError `engine/not-packable`; the signal's reason
 * @example
 * import { exportWeb } from "relata";
 *
 * const { bytes, notices } = await exportWeb({ model: "models/posts", folder: "web/posts", precision: "fp16" });
 * console.log(bytes, notices);
 */
export async function exportWeb(request: WebExportRequest): Promise<WebExportSummary> {
  requireRequest(REQUEST, request, "the request to export");
  const { folder, precision = "fp32" } = request;
  const above = dirname(resolve(folder));
  await writingTo(above, () => mkdir(above, { recursive: true })); // it contains the lock
  await using _lock = await lockOutput(folder);
  if (existsSync(folder)) throw folderExists(folder);
  let manifest: WebManifest | undefined;
  try {
    await writingTo(folder, () =>
      replaceFolder(folder, async (writing) => {
        manifest = await writeModel(request, precision, new WebFiles(writing));
        await writeFile(join(writing, WEB_MANIFEST), `${JSON.stringify(manifest)}\n`);
      }),
    );
  } catch (error) {
    await recoverFolder(folder); // removes what was written so far
    throw error;
  }
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
