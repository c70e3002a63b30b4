// Limits an output to one writer with a lock file that names its owner; it is taken over only if the owner is known to be dead.
// It guards against accidental second runs, not against hostile programs. On network file systems it is as reliable as exclusive links.

import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { z } from "zod";
import { createExclusively } from "./atomic-file.ts";
import { writingTo } from "./cannot-write.ts";
import type { ErrorCode } from "./codes/error-code.ts";
import { DataError } from "./errors.ts";
import { type Liveness, livenessOf, ownerOf, processOwnerSchema } from "./process-owner.ts";
import { readWholeText } from "./whole-file.ts";

const holderSchema = processOwnerSchema.extend({ thread: z.int(), token: z.string().min(1) });
type Holder = z.output<typeof holderSchema>;

const held = new Set<string>(); // tokens of the locks of this thread
const MAX_ATTEMPTS = 5; // each failed one means that another process took the lock in between
const TOKEN_DIGITS = 8;

export interface OutputLock {
  /** Releases the output; further calls do nothing. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Takes a folder's lock, the file `lock` in it.
 *
 * @throws DataError `data/folder-locked` when another process, thread or caller holds it, or may; `data/cannot-write`
 */
export function lockFolder(folder: string): Promise<OutputLock> {
  return lockAt(join(folder, "lock"), folder, "data/folder-locked");
}

/**
 * Takes the lock of a file, or of a folder that is built next to its final place: the file `<output>.lock`.
 *
 * @throws DataError `data/output-locked` when another process, thread or caller holds it, or may; `data/cannot-write`
 */
export function lockOutput(output: string): Promise<OutputLock> {
  return lockAt(`${output.replace(/(?<=[^/\\])[/\\]+$/, "")}.lock`, output, "data/output-locked");
}

/**
 * Removes a folder's lock if nothing here can tell whether its holder still runs, as with one on another machine. Only for callers that know
 * that it does not, such as by a claim that the holder no longer renews.
 *
 * @param fromStopped also removes that of a process of this machine, which the caller knows to stand still; default false
 */
export async function removeUnknownLock(folder: string, fromStopped = false): Promise<void> {
  const path = join(folder, "lock");
  const holder = await readHolder(path);
  if (typeof holder === "string") return;
  const { state } = livenessOfHolder(holder);
  if (state === "unknown" || (fromStopped && state === "alive")) await rm(path, { force: true });
}

type Refusal = Exclude<Awaited<ReturnType<typeof take>>, OutputLock>;

async function lockAt(path: string, output: string, code: ErrorCode): Promise<OutputLock> {
  const taken = await writingTo(path, () => take(path));
  if ("release" in taken) return taken;
  throw locked(code, path, output, taken);
}

/** Takes the lock at `path`, or throws an error that names its holder. */
async function take(
  path: string,
): Promise<OutputLock | { readonly holder: Holder | "unreadable"; readonly liveness: Liveness }> {
  const me: Holder = { ...ownerOf(), thread: threadId, token: randomUUID() };
  held.add(me.token); // before the file exists: another caller in this thread may see it at once
  let taken = false;
  try {
    let holder: Holder | "gone" | "unreadable" = "gone";
    for (let attempt = 0; attempt < MAX_ATTEMPTS && !taken; attempt++) {
      taken = await createExclusively(path, JSON.stringify(me)); // in one step: a killed process never leaves an unreadable lock
      if (taken) break;
      holder = await readHolder(path);
      if (holder === "gone") continue;
      const liveness = holder === "unreadable" ? UNREADABLE : livenessOfHolder(holder);
      if (holder === "unreadable" || liveness.state !== "dead") return { holder, liveness };
      taken = await follow(path, holder, me);
    }
    if (!taken) return { holder: holder === "gone" ? "unreadable" : holder, liveness: { state: "alive" } };
    const release = () => releaseLock(path, me);
    return { release, [Symbol.asyncDispose]: release };
  } finally {
    if (!taken) held.delete(me.token);
  }
}

/**
 * Replaces a dead holder by `me`. This needs a second lock named after the dead holder, and checks again first: of several processes
 * that saw the same dead holder only one takes over, and none removes a newer lock.
 */
async function follow(path: string, dead: Holder, me: Holder): Promise<boolean> {
  const succession = await take(`${path}.${dead.token.slice(0, TOKEN_DIGITS)}`);
  if (!("release" in succession)) return false;
  try {
    const now = await readHolder(path);
    if (typeof now === "string" || now.token !== dead.token) return false;
    const prepared = `${path}.${me.token}.tmp`;
    if (!(await createExclusively(prepared, JSON.stringify(me)))) return false;
    await rename(prepared, path);
    return true;
  } finally {
    await succession.release();
  }
}

async function releaseLock(path: string, me: Holder): Promise<void> {
  if (!held.delete(me.token)) return;
  const holder = await readHolder(path);
  if (typeof holder === "object" && holder.token === me.token) await rm(path, { force: true });
}

async function readHolder(path: string): Promise<Holder | "gone" | "unreadable"> {
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
    throw error;
  }
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch (error) {
    // Half-written by a starting process, or not one of our locks: the user has to decide.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return "unreadable";
    throw error;
  }
}

const UNREADABLE: Liveness = { state: "unknown", because: "the lock file does not say who wrote it" };

function livenessOfHolder(holder: Holder): Liveness {
  const liveness = livenessOf(holder);
  // This thread knows its own locks.
  if (liveness.state === "alive" && holder.pid === process.pid && holder.thread === threadId)
    return { state: held.has(holder.token) ? "alive" : "dead" };
  return liveness;
}

function locked(code: ErrorCode, path: string, output: string, { holder, liveness }: Refusal): DataError {
  const who = holder === "unreadable" ? "someone" : `process ${holder.pid} on ${holder.host}`;
  const message =
    liveness.state === "unknown"
      ? `${output} is locked by ${who}; whether that process is still running is unknown: ${liveness.because}`
      : `${who} is writing to ${output}`;
  return new DataError({
    code,
    message,
    place: path,
    value: holder,
    remedy:
      liveness.state === "unknown"
        ? `If no process writes there any more, delete ${path}. Otherwise name another output.`
        : "Wait until the other run has ended, or name another output.",
  });
}
