// Downloads the needed files of a hub model into the Hugging Face cache, in its layout, so that other tools
// find them. The hub library parses file lists; requests and file writing are ours, because the library's
// have no bounds and no checks.

import { randomUUID } from "node:crypto";
import { copyFile, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { getHFHubCachePath, getRepoFolderName, listFiles, modelInfo } from "@huggingface/hub";
import { z } from "zod";
import { replaceFile } from "../base/atomic-file.ts";
import { EncoderError, RelataError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import { proxyHint } from "../base/proxy.ts";
import { checkShape } from "../base/schema-issues.ts";
import { readWholeText } from "../base/whole-file.ts";
import { CONFIG_FILE } from "./file-names.ts";
import { chooseFiles, type EncoderFiles, type FileWishes } from "./folder-files.ts";
import { asWriteError, downloadBlob, type ListedFile } from "./hub-file.ts";
import { DEFAULT_HUB, HubStatus, HubTransport } from "./hub-transport.ts";
import { readJsonFile } from "./json-file.ts";
import { checkFileName } from "./weight-index.ts";

export interface HubOptions {
  /** Branch, tag or commit; default "main". */
  readonly revision?: string | undefined;
  /** A hub other than huggingface.co; default: the environment's HF_ENDPOINT. */
  readonly hubUrl?: string | undefined;
  /** A cache other than the default (HF_HUB_CACHE, HF_HOME, ~/.cache/huggingface/hub). */
  readonly cacheDir?: string | undefined;
  /** Use only the cache and send no requests. Default false. */
  readonly offline?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each download. */
  readonly onDownload?: ((file: string, bytes: number) => void) | undefined;
}

const COMMIT = /^[0-9a-f]{40}$/;
/** A model's folder has a few hundred files at most. */
const MAX_LISTED = 20_000;

const entrySchema = z.object({
  type: z.string(),
  path: z.string().max(1000),
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/) }).nullish(),
});

/** The cache's folder of a model. */
function cacheFolder(id: string, options: HubOptions): string {
  return join(options.cacheDir ?? getHFHubCachePath(), getRepoFolderName({ type: "model", name: id }));
}

/** The cached snapshot of a revision, whether complete or not; undefined when the revision was never downloaded. */
export async function cachedSnapshot(id: string, options: HubOptions): Promise<string | undefined> {
  const storage = cacheFolder(id, options);
  const revision = options.revision ?? "main";
  if (COMMIT.test(revision)) return join(storage, "snapshots", revision);
  try {
    const commit = (await readWholeText(join(storage, "refs", revision))).trim();
    return COMMIT.test(commit) ? join(storage, "snapshots", commit) : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/**
 * Downloads the requested parts and returns the snapshot's folder. Existing files are not requested again;
 * sizes and hashes are checked before a file enters the cache, and an interrupted download is resumed.
 *
 * @throws EncoderError `encoder/hub-unreachable`, `encoder/no-such-model`, `encoder/hub-failed`, `encoder/hub-answer-too-large`,
 * `encoder/hub-redirects`, `encoder/hub-link-refused`, `encoder/damaged-download`, `encoder/bad-hub-address`,
 * `encoder/bad-token` and the codes of `chooseFiles`; DataError `data/cannot-write`; ConfigError `config/bad-proxy`
 */
export async function downloadSnapshot(
  id: string,
  wishes: FileWishes,
  options: HubOptions,
): Promise<{ readonly folder: string; readonly files: EncoderFiles }> {
  const hub = new HubTransport(options.hubUrl ?? (process.env.HF_ENDPOINT || DEFAULT_HUB), options.signal);
  const revision = options.revision ?? "main";
  try {
    return await download(hub, id, wishes, revision, options);
  } catch (cause) {
    throw options.signal?.aborted === true ? cause : translate(cause, hub, id, revision);
  } finally {
    await hub.dispose();
  }
}

async function download(
  hub: HubTransport,
  id: string,
  wishes: FileWishes,
  revision: string,
  options: HubOptions,
): Promise<{ readonly folder: string; readonly files: EncoderFiles }> {
  const storage = cacheFolder(id, options);
  const access = { hubUrl: hub.address, fetch: hub.fetchList };
  const info = await modelInfo({ name: id, revision, additionalFields: ["sha"], ...access });
  const commit = String(info.sha);
  if (!COMMIT.test(commit)) throw badAnswer(hub, id, `does not name a commit for ${revision}`);
  const folder = join(storage, "snapshots", commit);
  const listed = new Map<string, ListedFile>();
  let count = 0;
  for await (const entry of listFiles({ repo: id, revision: commit, ...access })) {
    count++;
    if (count > MAX_LISTED) throw badAnswer(hub, id, `lists more than ${MAX_LISTED} files`);
    const file = entry.type === "file" ? checkEntry(entry, hub, id) : undefined;
    if (file !== undefined) listed.set(file.path, file);
  }
  const fetchFile = async (name: string): Promise<string> => {
    const path = join(folder, name);
    const file = listed.get(name);
    if (file === undefined) throw badAnswer(hub, id, `does not list ${JSON.stringify(name)}`);
    if (await exists(path)) return path;
    options.onDownload?.(name, file.size);
    const address = `${hub.address}/${id}/resolve/${commit}/${encodeURIComponent(name)}`;
    const blob = join(storage, "blobs", file.hash.hex);
    try {
      await mkdir(dirname(blob), { recursive: true });
      if (!(await exists(blob))) await downloadBlob(hub, address, file, blob, `${id}/${name}`);
      await linkSnapshot(path, blob);
    } catch (error) {
      throw asWriteError(error, path);
    }
    return path;
  };
  const place = `${id} (${revision})`;
  if (wishes.checkConfig !== undefined && listed.has(CONFIG_FILE))
    wishes.checkConfig(await readJsonFile(await fetchFile(CONFIG_FILE)), place);
  const files = await chooseFiles(new Set(listed.keys()), wishes, place, fetchFile);
  const { weights, tokenizer, preprocessor } = files;
  const wanted = [...weights, ...tokenizer, ...preprocessor];
  for (const name of wanted) await fetchFile(name);
  // The reference is written last, so that a snapshot found by it is complete.
  await fetchFile(CONFIG_FILE);
  if (revision !== commit) await writeReference(join(storage, "refs", revision), commit);
  return { folder, files };
}

/** A listed file; undefined for unexpected names, such as those that would escape the folder. */
function checkEntry(entry: unknown, hub: HubTransport, id: string): ListedFile | undefined {
  const parsed = checkShape(entrySchema, entry, { whole: "the entry" });
  if (!parsed.success)
    throw badAnswer(hub, id, `lists a file that cannot be used: ${parsed.faults.join("; ")}`);
  const { path, size, oid, lfs } = parsed.data;
  if (!isPlainName(path)) return undefined;
  return { path, size, hash: lfs ? { kind: "sha256", hex: lfs.oid } : { kind: "git", hex: oid } };
}

function isPlainName(name: string): boolean {
  try {
    return checkFileName(name) === name;
  } catch (error) {
    if (error instanceof EncoderError) return false;
    throw error;
  }
}

async function linkSnapshot(path: string, blob: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await symlink(relative(dirname(path), blob), path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return; // another process was faster
    const copy = `${path}.${randomUUID()}.tmp`; // file systems without symbolic links
    try {
      await copyFile(blob, copy);
      await rename(copy, path);
    } finally {
      await rm(copy, { force: true });
    }
  }
}

async function writeReference(path: string, commit: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, (file) => file.writeFile(commit));
  } catch (error) {
    throw asWriteError(error, path);
  }
}

function badAnswer(hub: HubTransport, id: string, what: string): EncoderError {
  return new EncoderError({
    code: "encoder/hub-failed",
    message: `${hub.address} ${what} (${id})`,
    place: id,
    remedy:
      "Check that HF_ENDPOINT is the address of a hub, or download the folder by other means and pass its path.",
    fault: "work",
  });
}

/** Wraps a network failure as an error with a remedy. */
function translate(cause: unknown, hub: HubTransport, id: string, revision: string): unknown {
  if (cause instanceof RelataError) return cause;
  if (cause instanceof HubStatus && [401, 403, 404].includes(cause.status)) {
    return new EncoderError({
      code: "encoder/no-such-model",
      message: `there is no folder ${id}, and ${hub.address} has no model of this name with revision ${revision}, or denies access to it (status ${cause.status}${cause.words})`,
      place: id,
      value: id,
      remedy:
        "Check the path or the id. For a gated or private model, set the environment variable HF_TOKEN to an access token.",
    });
  }
  if (cause instanceof HubStatus) {
    return new EncoderError({
      code: "encoder/hub-failed",
      message: `${hub.address} answered with status ${cause.status} for ${id}${cause.words}`,
      place: id,
      remedy: "Try again later, or download the folder by other means and pass its path.",
      fault: "work",
    });
  }
  return new EncoderError({
    code: "encoder/hub-unreachable",
    message: `there is no folder ${id}, and a model of this name could not be downloaded from ${hub.address}: ${hub.redact(describeFailure(cause))}`,
    place: id,
    cause,
    remedy: `Check the network and try again. ${proxyHint(hub.address)} Or download the model's folder on a machine with access and pass its path, or copy that machine's cache and set HF_HUB_CACHE to it.`,
  });
}

/** A failed request reports only "fetch failed"; its cause has the details. */
function describeFailure(cause: unknown): string {
  const { message, cause: inner } = cause as {
    message?: string;
    cause?: { code?: string; message?: string };
  };
  const details = [inner?.code, inner?.message].filter((detail) => detail !== undefined && detail !== "");
  return details.length === 0 ? String(message ?? cause) : `${message} (${details.join(": ")})`;
}
