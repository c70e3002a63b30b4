// Keeps a folder to one writer: a lock file that names its owner, taken over when the owner is dead.
// It guards against a second run by mistake, not against hostile programs; over network file systems it warns at best.
import { randomUUID } from "node:crypto";
import { readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { z } from "zod";
import { createExclusively } from "../atomic-file.ts";
import { DataError } from "../errors.ts";

const ownerSchema = z.object({ pid: z.int(), thread: z.int(), host: z.string(), token: z.string() });
type Owner = z.infer<typeof ownerSchema>;

const held = new Set<string>(); // tokens of the locks of this thread
const MAX_ATTEMPTS = 5; // each failed one means that another process took the lock in between

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the folder's lock.
 *
 * @throws DataError `data/folder-locked` when another live process, thread or caller holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, "lock");
  const me: Owner = { pid: process.pid, thread: threadId, host: hostname(), token: randomUUID() };
  held.add(me.token); // before the file exists: another caller in this thread may see it at once
  let taken = false;
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      taken = await createExclusively(path, JSON.stringify(me)); // in one step: a killed process never leaves an unreadable lock
      if (taken) return { release: () => release(path, me) };
      const owner = await readOwner(path);
      if (owner === "gone") continue;
      if (owner === "unreadable" || isAlive(owner)) throw locked(path, owner);
      await removeStale(path, owner);
    }
    throw locked(path, "unreadable");
  } finally {
    if (!taken) held.delete(me.token);
  }
}

async function release(path: string, me: Owner): Promise<void> {
  held.delete(me.token);
  const owner = await readOwner(path);
  if (typeof owner === "object" && owner.token === me.token) await rm(path, { force: true });
}

async function readOwner(path: string): Promise<Owner | "gone" | "unreadable"> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return "gone";
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch (error) {
    // Half-written by a process that is starting, or no lock of ours: a person has to decide.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return "unreadable";
    throw error;
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true; // cannot be known from here
  // A process id comes back after a restart in a container; in this thread we know which locks are ours.
  if (owner.pid === process.pid && owner.thread === threadId) return held.has(owner.token);
  try {
    process.kill(owner.pid, 0); // signal 0 only asks whether the process exists
    return true;
  } catch (error) {
    return !isCode(error, "ESRCH");
  }
}

/** Moves a dead owner's lock away; if another process was faster, its lock is put back. */
async function removeStale(path: string, owner: Owner): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (typeof moved === "object" && moved.token === owner.token) await rm(aside, { force: true });
  else await rename(aside, path);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function locked(path: string, owner: Owner | "unreadable"): DataError {
  const who = owner === "unreadable" ? "someone" : `process ${owner.pid} on ${owner.host}`;
  return new DataError({
    code: "data/folder-locked",
    message: `lockFolder: ${who} is writing to this folder (${path})`,
    place: path,
    value: owner,
    remedy: "Wait for the other run, use another folder, or delete the lock file when no run uses it.",
  });
}
