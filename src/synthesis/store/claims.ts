// Divides work between processes without a server: a claim is a file that only one process can create; an
// owner loses it only when it dies.
// A claim has generations, `<name>.0`, `<name>.1` ...; the highest one counts. A generation is created once
// and never removed while the work is open, so two processes that find the same dead owner cannot both take
// over.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createExclusively, replaceFile } from "../../base/atomic-file.ts";
import { livenessOf, ownerOf, processOwnerSchema } from "../../base/process-owner.ts";
import { isCode, isSystemError } from "../../base/system-errors.ts";
import { readWholeText } from "../../base/whole-file.ts";

const ownerSchema = processOwnerSchema.extend({ released: z.boolean() });
type Owner = z.infer<typeof ownerSchema>;

export interface Claim {
  /** Lets another process take over; the work is not done. */
  release(): Promise<void>;
  /** Removes the claim; call it when the result exists, which others check first. */
  finish(): Promise<void>;
}

/** Takes a claim; undefined if a live process holds it. */
export async function takeClaim(folder: string, name: string): Promise<Claim | undefined> {
  await mkdir(folder, { recursive: true });
  const me = ownOwner();
  for (let generation = 0; ; generation++) {
    const path = join(folder, `${name}.${generation}`);
    const owner = await readOwner(path);
    if (owner === "gone") {
      if (!(await create(path, me))) return undefined; // another process was faster
      return {
        release: () => release(path, me),
        finish: () => removeGenerations(folder, name, generation),
      };
    }
    if (!owner.released && isAlive(owner)) return undefined;
  }
}

/** Whether a live process holds the claim. */
export async function isClaimed(folder: string, name: string): Promise<boolean> {
  for (let generation = 0; ; generation++) {
    const owner = await readOwner(join(folder, `${name}.${generation}`));
    if (owner === "gone") return false;
    if (!owner.released && isAlive(owner)) return true;
  }
}

/** From the newest down, so that a process killed in between leaves no gap for a new claim to fall into. */
async function removeGenerations(folder: string, name: string, last: number): Promise<void> {
  for (let generation = last; generation >= 0; generation--)
    await rm(join(folder, `${name}.${generation}`), { force: true });
}

/** False when another process was faster, or has completed the store and removed the folder. */
async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    return await createExclusively(path, JSON.stringify(owner));
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  }
}

/**
 * On a full disk nothing can be written, but removing the claim works equally well for the newest
 * generation.
 */
async function release(path: string, owner: Owner): Promise<void> {
  try {
    await replaceFile(path, (file) => file.writeFile(JSON.stringify({ ...owner, released: true })));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    await rm(path, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | "gone"> {
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (error) {
    if (isCode(error, "ENOENT")) return "gone";
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch (error) {
    // Half-written (no hard links) or foreign: it counts as held by a live process, and the user has to decide.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return ownOwner();
    throw error;
  }
}

function ownOwner(): Owner {
  return { ...ownerOf(), released: false };
}

/** Whether the owner of a claim still runs; if unknown, it counts as running. */
function isAlive(owner: Owner): boolean {
  return livenessOf(owner).state !== "dead";
}
