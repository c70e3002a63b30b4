// Downloads one file of a hub into the cache: reads at most the listed size, checks the hash, and resumes
// an interrupted download.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Response } from "undici";
import { syncFolder } from "../base/atomic-file.ts";
import { cannotWrite } from "../base/cannot-write.ts";
import { EncoderError } from "../base/errors.ts";
import type { HubTransport } from "./hub-transport.ts";

/** A file in a hub's list. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  /** sha256 of the content for large files, git's sha1 otherwise. */
  readonly hash: { readonly kind: "sha256" | "git"; readonly hex: string };
}

/** Maximum number of times an interrupted download is resumed. */
const MAX_BREAKS = 10;
/** Maximum number of consecutive answers that may break off before any byte is saved. */
const MAX_FRUITLESS_BREAKS = 2;
/** A partial file of this age has no active writer. */
const ABANDONED_MS = 10 * 60_000;

/**
 * Downloads a file to `blobPath` atomically: it appears complete or not at all. Resumes an interrupted
 * download.
 *
 * @param place names the file in errors: owner/name/path
 * @throws EncoderError `encoder/damaged-download`, `encoder/hub-failed`; DataError `data/cannot-write`;
 * network errors
 */
export async function downloadBlob(
  hub: HubTransport,
  address: string,
  file: ListedFile,
  blobPath: string,
  place: string,
): Promise<void> {
  const partial = `${blobPath}.${randomUUID()}.incomplete`;
  try {
    let wasContinued = await claimLeftover(blobPath, partial);
    for (;;) {
      await fill(hub, address, file, partial, place);
      if (await isIntact(partial, file)) break;
      await rm(partial, { force: true });
      if (!wasContinued)
        throw damaged(
          place,
          `with a different ${file.hash.kind === "git" ? "SHA-1" : "SHA-256"} hash from the one on the hub`,
        );
      wasContinued = false; // the old bytes may belong to another version: start over
    }
    await rename(partial, blobPath);
    await syncFolder(dirname(blobPath));
  } catch (error) {
    if (error instanceof EncoderError && error.code === "encoder/damaged-download")
      await rm(partial, { force: true });
    else await setDown(partial, blobPath);
    throw asWriteError(error, blobPath);
  }
}

/** Appends to `partial` until it has the listed size. */
async function fill(
  hub: HubTransport,
  address: string,
  file: ListedFile,
  partial: string,
  place: string,
): Promise<void> {
  const output = await open(partial, "a");
  try {
    let fruitless = 0;
    for (let breaks = 0; ; breaks++) {
      const before = (await output.stat()).size;
      if (before === file.size) break;
      const response = await hub.get(address, before > 0 ? { range: `bytes=${before}-` } : {});
      try {
        await receive(hub, response, file, output, before, place);
        break;
      } catch (error) {
        fruitless = (await output.stat()).size > before ? 0 : fruitless + 1;
        const isOver =
          error instanceof EncoderError || isWriteError(error) || fruitless > MAX_FRUITLESS_BREAKS;
        if (isOver || breaks === MAX_BREAKS) throw error;
      }
    }
    await output.sync();
  } finally {
    await output.close();
  }
}

/** Appends the content of one answer: the rest, or the whole file if the hub does not support ranges. */
async function receive(
  hub: HubTransport,
  response: Response,
  file: ListedFile,
  output: FileHandle,
  have: number,
  place: string,
): Promise<void> {
  try {
    if (!response.ok) throw refused(hub, response, place);
    let length = have;
    if (response.status !== 206 || !startsAt(response, have)) {
      await output.truncate(0);
      length = 0;
    }
    for await (const piece of response.body ?? []) {
      length += (piece as Uint8Array).length;
      if (length > file.size) {
        await output.truncate(0);
        throw damaged(place, `with more than the ${file.size} bytes that the hub lists`);
      }
      await output.appendFile(piece as Uint8Array);
    }
    if (length < file.size) throw damaged(place, `with ${length} bytes instead of ${file.size}`);
  } finally {
    if (!response.bodyUsed) await response.body?.cancel();
  }
}

function startsAt(response: Response, have: number): boolean {
  return new RegExp(`^bytes ${have}-`).test(response.headers.get("content-range") ?? "");
}

async function isIntact(path: string, { hash, size }: ListedFile): Promise<boolean> {
  const sum = createHash(hash.kind === "git" ? "sha1" : "sha256");
  if (hash.kind === "git") sum.update(`blob ${size}\0`);
  await pipeline(createReadStream(path), sum);
  return sum.digest("hex") === hash.hex;
}

/** Keeps the received bytes for the next attempt. */
async function setDown(partial: string, blobPath: string): Promise<void> {
  const stats = await statIfThere(partial);
  if (stats === undefined) return;
  if (stats.size === 0) await rm(partial, { force: true });
  else await rename(partial, `${blobPath}.incomplete`);
}

/**
 * Takes over the partial file of an earlier download, if any; of two processes only one gets it, because a
 * rename succeeds once.
 */
async function claimLeftover(blobPath: string, partial: string): Promise<boolean> {
  const folder = dirname(blobPath);
  const blob = basename(blobPath);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${blob}.`) || !name.endsWith(".incomplete")) continue;
    const path = join(folder, name);
    const isSetDown = name === `${blob}.incomplete`;
    const stats = await statIfThere(path);
    if (stats === undefined || !(isSetDown || Date.now() - stats.mtimeMs > ABANDONED_MS)) continue;
    try {
      await rename(path, partial);
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause; // another process was faster
    }
  }
  return false;
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

function refused(hub: HubTransport, response: Response, place: string): EncoderError {
  return new EncoderError({
    code: "encoder/hub-failed",
    message: `${hub.address} answered with status ${response.status} for ${place}${hub.wordsOf(response, new Uint8Array())}`,
    place,
    remedy: "Try again later, or download the folder by other means and pass its path.",
    fault: "work",
  });
}

function damaged(place: string, what: string): EncoderError {
  return new EncoderError({
    code: "encoder/damaged-download",
    message: `${place} arrived ${what}`,
    place,
    remedy: "Try again. If this keeps happening, the file on the hub is damaged.",
    fault: "work",
  });
}

/** Network errors have a system call too, but never a path or one of these calls. */
function isWriteError(error: unknown): boolean {
  const { syscall, path } = error as NodeJS.ErrnoException;
  return (
    path !== undefined ||
    /^(write|open|f?truncate|fsync|rename|mkdir|symlink|copyfile|scandir|f?stat)$/.test(syscall ?? "")
  );
}

/** Wraps disk errors; other errors are unchanged. Received bytes are kept, so the download can resume. */
export function asWriteError(error: unknown, path: string): unknown {
  return isWriteError(error) ? cannotWrite(path, error) : error;
}
