// Checks that a bundle is self-contained: its paths lead into it, and its files are the exported ones.

import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { watchFiles } from "../base/file-stamp.ts";
import { isInside, MANIFEST_FILE, readManifest, verifyManifest } from "../base/manifest.ts";
import { readWholeText } from "../base/whole-file.ts";
import { WEIGHT_FILE } from "../encoders/weight-source.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import { BUNDLE_FILE, BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";
import { THRESHOLDS_FILE } from "../extractors/shared/thresholds-file.ts";
import {
  bundleFault,
  notVerified,
  type Verified,
  type VerifyOptions,
  verifyPartThresholds,
} from "../extractors/shared/verify-model.ts";
import { type Bundle, partsOfBundle } from "./bundle.ts";
import { CARD_FILE, CARD_TEXT } from "./card/card-files.ts";

/** The paths in a part's config.json; its own reader checks everything else. */
const placesSchema = z.object({
  visual: z
    .object({
      kind: z.string(),
      encoder: z.string(),
      extension: z.object({ name: z.string() }).optional(),
      detector: z.object({ place: z.string() }).optional(),
      relativeTo: z.string().optional(),
    })
    .nullable(),
});

/** The fields of an ONNX file's description that name files. */
const describedSchema = z.object({ model: z.string().optional(), tokenizer: z.string().optional() });

/**
 * Refuses a bundle that names anything outside itself, before opening any of it: a hub id would cause a download, and a path may belong
 * to another machine. A file of precomputed features may be named too, but no post ever reads it.
 *
 * @throws DataError `bundle/outside-path`
 */
export async function requireContained(folder: string, bundle: Bundle): Promise<void> {
  for (const { folder: name } of bundle.sharedEncoders ?? [])
    await requireInside(folder, join(folder, BUNDLE_FILE), folder, `${name}/${WEIGHT_FILE}`);
  for (const part of partsOfBundle(bundle)) {
    const place = join(folder, part, "config.json");
    const visual = await placesIn(place);
    if (visual === null || visual.kind === "features") continue;
    // A user's extension has no path: whoever loads the bundle provides it, or the bundle is refused.
    const isExtension = visual.extension?.name === visual.encoder.split(":", 1)[0];
    const named = [
      ...(isExtension ? [] : [visual.encoder]),
      ...(visual.detector === undefined ? [] : [visual.detector.place]),
    ];
    for (const name of named) {
      if (visual.relativeTo !== "model") throw outside(place, name);
      await requireInside(folder, place, join(folder, part), name);
    }
  }
}

/** Null for a text-only model, and for a file that its own reader refuses. */
async function placesIn(place: string) {
  return placesSchema.safeParse(await jsonOf(place)).data?.visual ?? null;
}

async function requireInside(root: string, place: string, from: string, name: string): Promise<void> {
  const target = resolve(from, name);
  if (!isBelow(resolve(root), target)) throw outside(place, name);
  let real: string;
  try {
    real = await realpath(target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR")
      throw bundleFault({
        kind: "missing-file",
        place: target,
        problem: `is named in ${place} but does not exist`,
      });
    throw error;
  }
  if (!isBelow(await realpath(root), real)) throw outside(place, name);
  if (!target.endsWith(".json") || !(await stat(real)).isFile()) return;
  const described = describedSchema.safeParse(await jsonOf(real)).data ?? {};
  for (const named of [described.model, described.tokenizer]) {
    if (named === undefined || named === ".") continue;
    if (!isInside(named)) throw outside(target, named);
    await requireInside(root, target, dirname(target), named);
  }
}

async function jsonOf(place: string): Promise<unknown> {
  try {
    return JSON.parse(await readWholeText(place));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SyntaxError || code === "ENOENT" || code === "ENOTDIR") return {}; // its reader reports what is wrong
    throw error;
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && resolve(root, way) === path);
}

function outside(place: string, name: string) {
  const problem = `names ${JSON.stringify(name)}, which is not a place inside the bundle; a bundle never reaches the network or other folders`;
  return bundleFault({ kind: "outside-path", place, problem });
}

/**
 * Compares a bundle with its export record: every file with the manifest or, for a bundle of an earlier version, only the
 * weights, which is then reported as a notice.
 *
 * @returns what to check when the models are loaded
 * @throws DataError `bundle/changed`, `bundle/missing-file`, `bundle/not-a-file`, `bundle/unlisted-file`, `bundle/outside-path`, `bundle/bad-manifest`
 */
export async function verifyBundle(
  folder: string,
  bundle: Bundle,
  { verify = true, onNotice }: VerifyOptions,
): Promise<Verified> {
  if (!verify) {
    onNotice?.(notVerified(folder));
    return { check: async () => undefined };
  }
  const manifest = await readManifest(folder, bundleFault);
  if (manifest !== undefined) {
    const files = await verifyManifest(folder, manifest, bundleFault, {
      scopes: SCOPES,
      except: LATER_FILES,
    });
    const later = partsOfBundle(bundle).map((part) => verifyPartThresholds(folder, part, manifest));
    return watchFiles([...files, ...(await Promise.all(later))]);
  }
  if (bundle.manifest !== undefined) {
    const problem = "is missing, but was part of the exported bundle";
    throw bundleFault({ kind: "missing-file", place: join(folder, MANIFEST_FILE), problem });
  }
  for (const part of [BUNDLE_PARTS.entity, BUNDLE_PARTS.relation]) {
    const place = join(folder, part);
    const sum = await weightsFingerprint(place);
    const recorded = bundle[part].weights;
    if (sum === recorded) continue;
    const problem = `contains weights that have changed since the export (their SHA-256 is ${sum}, the recorded one is ${recorded})`;
    throw bundleFault({ kind: "changed", place, problem });
  }
  onNotice?.(
    `${folder} was exported by an earlier version: its weights were checked against their recorded SHA-256, but its other files have none`,
  );
  return { check: async () => undefined };
}

/** The files that loading reads; ONNX files for other programs are listed too, but those programs check them. */
const SCOPES = ["bundle.json", ...Object.values(BUNDLE_PARTS).map((part) => `${part}/`), "encoders/"];

/** Files that are written into a finished bundle: thresholds, each with its own checksum, and the model card, which no loader reads. */
export const LATER_FILES: readonly string[] = [
  ...Object.values(BUNDLE_PARTS).map((part) => `${part}/${THRESHOLDS_FILE}`),
  CARD_FILE,
  CARD_TEXT,
];
