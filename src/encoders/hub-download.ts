// Downloads the needed files of a hub model into the Hugging Face cache, in its layout, so that other tools find them there.
// Transport is the hub library's; its own cache writer prints to standard output and does not check what arrived.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import {
  downloadFile,
  getHFHubCachePath,
  getRepoFolderName,
  HubApiError,
  type ListFileEntry,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { EncoderError } from "../errors.ts";
import { CONFIG_FILE, chooseFiles, type EncoderFiles, type EncoderPart } from "./folder-files.ts";
import { WEIGHT_INDEX_FILE } from "./weight-index.ts";

export interface HubOptions {
  /** Branch, tag or commit; default "main". */
  readonly revision?: string;
  /** Another hub than huggingface.co; default: the environment's HF_ENDPOINT. */
  readonly hubUrl?: string;
  /** Another cache than the usual one (HF_HUB_CACHE, HF_HOME, ~/.cache/huggingface/hub). */
  readonly cacheDir?: string;
  /** Use the cache only and send no request. Default false. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  /** Called before each download. */
  readonly onDownload?: (file: string, bytes: number) => void;
}

const COMMIT = /^[0-9a-f]{40}$/;

/** The cache's folder of a model. */
export function cacheFolder(id: string, options: HubOptions): string {
  return join(options.cacheDir ?? getHFHubCachePath(), getRepoFolderName({ type: "model", name: id }));
}

/** The cached snapshot of a revision, whether complete or not; undefined when the revision was never downloaded. */
export async function cachedSnapshot(id: string, options: HubOptions): Promise<string | undefined> {
  const storage = cacheFolder(id, options);
  const revision = options.revision ?? "main";
  if (COMMIT.test(revision)) return join(storage, "snapshots", revision);
  try {
    const commit = (await readFile(join(storage, "refs", revision), "utf8")).trim();
    return COMMIT.test(commit) ? join(storage, "snapshots", commit) : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/**
 * Downloads what `parts` need and returns the snapshot's folder. Files that are there are not asked for again; sizes
 * and, where the hub gives them, SHA-256 sums are checked before a file enters the cache.
 *
 * @throws EncoderError `encoder/hub-unreachable`, `encoder/no-such-model`, `encoder/hub-failed`,
 * `encoder/damaged-download` and the codes of `chooseFiles`.
 */
export async function downloadSnapshot(
  id: string,
  parts: readonly EncoderPart[],
  options: HubOptions,
): Promise<{ readonly folder: string; readonly files: EncoderFiles }> {
  const storage = cacheFolder(id, options);
  const revision = options.revision ?? "main";
  const hubUrl = hubUrlOf(options);
  const accessToken = process.env.HF_TOKEN; // for gated and private models
  const access = {
    ...(hubUrl === undefined ? {} : { hubUrl }),
    ...(accessToken === undefined || accessToken === "" ? {} : { accessToken }),
    fetch: withSignal(options.signal),
  };
  try {
    const info = await modelInfo({ name: id, revision, additionalFields: ["sha"], ...access });
    const commit = String(info.sha);
    if (!COMMIT.test(commit)) throw new Error(`the hub names no commit for ${revision}`);
    const folder = join(storage, "snapshots", commit);
    const entries = new Map<string, ListFileEntry>();
    for await (const entry of listFiles({ repo: id, revision: commit, ...access })) {
      if (entry.type === "file") entries.set(entry.path, entry);
    }
    const fetchFile = async (name: string): Promise<string> => {
      const entry = entries.get(name) as ListFileEntry;
      const path = join(folder, name);
      if (await exists(path)) return path;
      options.onDownload?.(name, entry.size);
      const blob = await downloadFile({ repo: id, path: name, revision: commit, ...access });
      if (blob === null) throw new Error(`${name} is listed but cannot be downloaded`);
      await store(blob, entry, storage, path, id);
      return path;
    };
    const place = `${id} (${revision})`;
    const files = await chooseFiles(new Set(entries.keys()), parts, place, async () =>
      readFile(await fetchFile(WEIGHT_INDEX_FILE), "utf8"),
    );
    const { weights, tokenizer, preprocessor } = files;
    const wanted = [...weights, ...tokenizer, ...(preprocessor === undefined ? [] : [preprocessor])];
    for (const name of wanted) await fetchFile(name);
    // The configuration comes last, and the reference after it: what is found by them is complete.
    await fetchFile(CONFIG_FILE);
    if (revision !== commit) {
      const reference = join(storage, "refs", revision);
      await mkdir(dirname(reference), { recursive: true });
      await writeFile(reference, commit);
    }
    return { folder, files };
  } catch (cause) {
    throw translate(cause, id, revision, options);
  }
}

/** Writes the content beside its final name, checks it, and links the snapshot to it. */
async function store(
  blob: Blob,
  entry: ListFileEntry,
  storage: string,
  path: string,
  id: string,
): Promise<void> {
  const name = entry.lfs?.oid ?? entry.xetHash ?? entry.oid ?? "";
  if (!/^[0-9a-f]{40,64}$/.test(name)) throw new Error(`${entry.path} has no content hash`);
  const blobPath = join(storage, "blobs", name);
  await mkdir(dirname(blobPath), { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  if (!(await exists(blobPath))) {
    const partial = `${blobPath}.${randomUUID()}.incomplete`;
    try {
      await pipeline(Readable.fromWeb(blob.stream() as ReadableStream), createWriteStream(partial));
      await checkContent(partial, entry, id);
      await rename(partial, blobPath);
    } finally {
      await rm(partial, { force: true });
    }
  }
  try {
    await symlink(relative(dirname(path), blobPath), path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return; // another process was faster
    await copyFile(blobPath, path); // file systems without symbolic links
  }
}

async function checkContent(file: string, entry: ListFileEntry, id: string): Promise<void> {
  const { size } = await stat(file);
  const damaged = (what: string): EncoderError =>
    new EncoderError({
      code: "encoder/damaged-download",
      message: `resolveEncoder: ${entry.path} of ${id} arrived ${what}`,
      place: `${id}/${entry.path}`,
      remedy: "Try again; if it stays so, the hub's file is damaged.",
      fault: "work",
    });
  if (size !== entry.size) throw damaged(`with ${size} bytes instead of ${entry.size}`);
  if (entry.lfs === undefined) return;
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  if (hash.digest("hex") !== entry.lfs.oid) throw damaged("with another SHA-256 sum than the hub states");
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}

function withSignal(signal: AbortSignal | undefined): typeof fetch {
  if (signal === undefined) return fetch;
  return (input, init) => fetch(input, { ...init, signal });
}

function hubUrlOf({ hubUrl }: HubOptions): string | undefined {
  return hubUrl ?? (process.env.HF_ENDPOINT || undefined);
}

/** What went wrong between here and the hub, with what to do about it. */
function translate(cause: unknown, id: string, revision: string, options: HubOptions): unknown {
  if (cause instanceof EncoderError || options.signal?.aborted === true) return cause;
  const hub = hubUrlOf(options) ?? "https://huggingface.co";
  if (cause instanceof HubApiError && [401, 403, 404].includes(cause.statusCode)) {
    return new EncoderError({
      code: "encoder/no-such-model",
      message: `resolveEncoder: there is no folder ${id}, and ${hub} has no model of this name with revision ${revision}, or does not show it to you (status ${cause.statusCode})`,
      place: id,
      value: id,
      cause,
      remedy:
        "Check the path or the id; for a gated or private model give an access token (HF_TOKEN in the environment).",
    });
  }
  if (cause instanceof HubApiError) {
    return new EncoderError({
      code: "encoder/hub-failed",
      message: `resolveEncoder: ${hub} answered with status ${cause.statusCode} for ${id}`,
      place: id,
      cause,
      remedy: "Try again later, or download the folder by other means and pass its path.",
      fault: "work",
    });
  }
  return new EncoderError({
    code: "encoder/hub-unreachable",
    message: `resolveEncoder: there is no folder ${id}, and a model of this name could not be downloaded from ${hub}: ${describeFailure(cause)}`,
    place: id,
    cause,
    remedy:
      "Check the network and try again; or download the model's folder on a machine with access and pass its path, or copy that machine's cache and set HF_HUB_CACHE to it.",
  });
}

/** fetch says only "fetch failed"; its cause knows more. */
function describeFailure(cause: unknown): string {
  const { message, cause: inner } = cause as {
    message?: string;
    cause?: { code?: string; message?: string };
  };
  const detail = inner?.code ?? inner?.message;
  return detail === undefined ? String(message ?? cause) : `${message} (${detail})`;
}
