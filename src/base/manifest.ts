// The manifest of a folder: path, size and SHA-256 of every file in it, to detect damaged, changed or replaced files.
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "./atomic-file.ts";
import { fileSha256 } from "./file-hash.ts";
import { type FileFault, readRegularFile } from "./regular-file.ts";
import { checkShape } from "./schema-issues.ts";

export const MANIFEST_FILE = "manifest.json";
const FORMAT = "relata-manifest";
const VERSION = 1;
const MAX_BYTES = 16 * 1024 * 1024; // about 100,000 files

const entrySchema = z.strictObject({
  /** Relative to the folder, with "/" between its parts. */
  path: z.string().min(1),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  files: z.array(entrySchema),
});

export type ManifestEntry = z.output<typeof entrySchema>;
/** Files by their paths. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

/** What is wrong with a folder; a remedy follows it. */
export interface ManifestFault {
  readonly kind:
    | "bad-manifest"
    | "changed"
    | "missing-file"
    | "not-a-file"
    | "unlisted-file"
    | "outside-path";
  readonly place: string;
  /** Follows the place in a message. */
  readonly problem: string;
  readonly cause?: unknown;
}
type ManifestFailure = (fault: ManifestFault) => Error;

/** Files that a loader may read if present; others (a README, a licence) are ignored. */
const READ_NAMES = /\.(json|safetensors|onnx|onnx_data|data|model)$|^(vocab|merges)\.txt$/;

/**
 * Writes the manifest of all files below `folder` atomically and flushes it to the disk.
 *
 * @param except paths to leave out: files that are written later and checked in another way
 */
export async function writeManifest(folder: string, except: readonly string[] = []): Promise<void> {
  const left = new Set([MANIFEST_FILE, ...except]);
  const files: ManifestEntry[] = [];
  for (const path of (await filesBelow(folder)).sort()) {
    if (left.has(path)) continue;
    const place = join(folder, path);
    const sha256 = await fileSha256(
      place,
      ({ problem, cause }) => new Error(`${place} ${problem}`, { cause }),
    );
    files.push({ path, bytes: (await stat(place)).size, sha256 });
  }
  const manifest = { format: FORMAT, version: VERSION, files };
  await replaceOwnFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Reads the manifest of a folder; undefined if it has none. @throws the error from `failure` for a damaged one */
export async function readManifest(folder: string, failure: ManifestFailure): Promise<Manifest | undefined> {
  const place = join(folder, MANIFEST_FILE);
  const bad = (problem: string, cause?: unknown) => failure({ kind: "bad-manifest", place, problem, cause });
  let text: string;
  try {
    const content = await readRegularFile(place, MAX_BYTES, (fault) => new UnreadableManifest(fault));
    text = content.toString("utf8");
  } catch (error) {
    if (!(error instanceof UnreadableManifest)) throw error;
    if (error.fault.kind === "absent") return undefined;
    throw bad(error.fault.problem, error.fault.cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw bad("is not JSON", cause);
  }
  const parsed = checkShape(manifestSchema, json, { whole: "all of it" });
  if (!parsed.success) throw bad(`is not a manifest (${parsed.faults[0]})`, parsed.error);
  const manifest = new Map(parsed.data.files.map((entry) => [entry.path, entry]));
  if (manifest.size < parsed.data.files.length) throw bad("names a file twice");
  for (const path of manifest.keys())
    if (!isInside(path)) throw failure({ kind: "outside-path", place, problem: `names the path ${path}` });
  return manifest;
}

class UnreadableManifest extends Error {
  readonly fault: FileFault;

  constructor(fault: FileFault) {
    super(fault.problem);
    this.fault = fault;
  }
}

/** Whether a relative path stays inside its folder on every operating system. */
export function isInside(path: string): boolean {
  return !path.includes("\\") && path.split("/").every((part) => !/^(\.{0,2}|.*[:\0].*)$/s.test(part));
}

export interface VerifyOptions {
  /** Only paths that begin with one of these, for instance "entities/". */
  readonly scopes?: readonly string[] | undefined;
  /** Paths that may exist without being listed. */
  readonly except?: readonly string[] | undefined;
  /** Links may lead out of the folder; their targets are still compared. */
  readonly linksMayLeave?: boolean | undefined;
}

/**
 * Compares a folder with its manifest: every listed file must exist, be a file and match, and there must be no other file that a loader
 * would read.
 *
 * @returns the paths of the files that were compared
 * @throws the error from `failure`
 */
export async function verifyManifest(
  folder: string,
  manifest: Manifest,
  failure: ManifestFailure,
  { scopes = [""], except = [], linksMayLeave = false }: VerifyOptions = {},
): Promise<readonly string[]> {
  const inScope = (path: string) => scopes.some((scope) => path.startsWith(scope));
  const root = await realpath(folder);
  const listed = [...manifest.values()].filter(({ path }) => inScope(path));
  for (const entry of listed) await compare(root, entry, linksMayLeave, failure);
  const known = new Set([MANIFEST_FILE, ...manifest.keys(), ...except]);
  for (const path of await filesBelow(root)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!inScope(path) || known.has(path) || !READ_NAMES.test(name) || name.startsWith(".")) continue;
    const problem = "is not listed in the manifest but would be read";
    throw failure({ kind: "unlisted-file", place: join(folder, path), problem });
  }
  return listed.map(({ path }) => join(root, path));
}

async function compare(
  root: string,
  { path, bytes, sha256 }: ManifestEntry,
  linksMayLeave: boolean,
  failure: ManifestFailure,
): Promise<void> {
  const place = join(root, path);
  const fail = (kind: ManifestFault["kind"], problem: string, cause?: unknown) =>
    failure({ kind, place, problem, cause });
  let target: string;
  try {
    target = await realpath(place);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "ELOOP") throw cause;
    const isLink = await lstat(place).then(
      (found) => found.isSymbolicLink(),
      () => false, // a missing file is reported as such
    );
    throw isLink
      ? fail("not-a-file", "is a link that leads nowhere", cause)
      : fail("missing-file", "is listed in the manifest but does not exist", cause);
  }
  if (!linksMayLeave && !target.startsWith(root.endsWith(sep) ? root : root + sep))
    throw fail("outside-path", `is a link to ${target}, outside the folder`);
  const { size, isRegular } = await stat(place).then((found) => ({
    size: found.size,
    isRegular: found.isFile(),
  }));
  if (!isRegular) throw fail("not-a-file", "is not a regular file");
  if (size !== bytes) throw fail("changed", `has ${size} bytes, but ${bytes} were recorded`);
  const sum = await fileSha256(place, ({ problem, cause }) => fail("not-a-file", problem, cause));
  if (sum !== sha256)
    throw fail(
      "changed",
      `has changed since it was written (its SHA-256 is ${sum}, the recorded one is ${sha256})`,
    );
}

/** Paths of everything below `folder` that is not a folder, relative to it; links are not followed. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(folder, `${path}/`)));
    else paths.push(path);
  }
  return paths;
}
