// The SHA-256 of a file, computed once until the file changes.
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type FileFailure, openRegularFile } from "./regular-file.ts";

/**
 * Hashes of files that this process has read. A file is unchanged while its device, inode, size, mtime and ctime are the same; unlike
 * mtime, ctime cannot be set back.
 */
const known = new Map<string, { readonly stamp: string; readonly sum: string }>();
const MOST_KNOWN = 10_000;
/** A file that changed a moment ago can change again with the same times: their resolution is a few milliseconds. */
const SETTLED_MS = 2_000;

const CHUNK_BYTES = 1 << 20;

/**
 * SHA-256 of a regular file, in hexadecimal.
 *
 * @param failure makes the error for a file that cannot be read
 */
export async function fileSha256(path: string, failure: FileFailure): Promise<string> {
  const place = resolve(path);
  const file = await openRegularFile(place, failure);
  try {
    const before = await file.stat({ bigint: true });
    const stamp = stampOf(before);
    const found = known.get(place);
    if (found?.stamp === stamp) return found.sum;
    const hash = createHash("sha256");
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
    }
    const sum = hash.digest("hex");
    known.delete(place);
    const isSettled = Date.now() - Number(before.ctimeMs) > SETTLED_MS;
    if (isSettled && stampOf(await stat(place, { bigint: true })) === stamp) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(place, { stamp, sum });
    }
    return sum;
  } catch (cause) {
    throw isSystemError(cause) ? failure(unreadable(cause)) : cause;
  } finally {
    await file.close();
  }
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof (error as NodeJS.ErrnoException | undefined)?.syscall === "string";
}

function unreadable(cause: NodeJS.ErrnoException) {
  return {
    kind: "unreadable",
    problem: `cannot be read (${cause.code})`,
    remedy: "Check the file and its disk.",
    cause,
  } as const;
}
