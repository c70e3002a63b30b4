// Divides work between processes without a server: a claim is a file that only one process can create, and only a dead owner loses it.
// A claim has generations, `<name>.0`, `<name>.1` ...; the highest one counts. A generation is created once and never removed while the
// work is open, so two processes that find the same dead owner cannot both follow it.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { createExclusively } from "../../atomic-file.ts";
import { isCode } from "./error-codes.ts";

const ownerSchema = z.object({
  pid: z.int(),
  host: z.string(),
  /** When the process started, as far as the system tells; a process id is used again. */
  started: z.string(),
  released: z.boolean(),
});
type Owner = z.infer<typeof ownerSchema>;

export interface Claim {
  /** Lets another process follow; the work is not done. */
  release(): Promise<void>;
  /** Removes the claim; call it when the work's result is there, which others look for first. */
  finish(): Promise<void>;
}

/** Takes a claim; undefined when a live process has it. */
export async function takeClaim(folder: string, name: string): Promise<Claim | undefined> {
  await mkdir(folder, { recursive: true });
  const me = ownOwner();
  for (let generation = 0; ; generation++) {
    const path = join(folder, `${name}.${generation}`);
    const owner = await readOwner(path);
    if (owner === "gone") {
      if (!(await create(path, me))) return undefined; // another process was faster
      return {
        release: () => replace(path, { ...me, released: true }),
        finish: () => removeGenerations(folder, name, generation),
      };
    }
    if (!owner.released && isAlive(owner)) return undefined;
  }
}

/** Whether a live process has the claim. */
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

async function replace(path: string, owner: Owner): Promise<void> {
  const prepared = `${path}.${randomUUID()}.tmp`;
  await writeFile(prepared, JSON.stringify(owner), { flag: "wx" });
  await rename(prepared, path);
}

async function readOwner(path: string): Promise<Owner | "gone"> {
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
    // Half-written where there are no hard links, or none of ours: it counts as a live process's, and a person has to decide.
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      return { ...ownOwner(), pid: process.pid };
    throw error;
  }
}

function ownOwner(): Owner {
  return {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid)?.started ?? "",
    released: false,
  };
}

/** Whether the process that made a claim still runs; of another machine it cannot be known, so it counts as running. */
function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0); // signal 0 only asks whether the process exists
  } catch (error) {
    if (isCode(error, "ESRCH")) return false;
    if (!isCode(error, "EPERM")) throw error;
  }
  const now = startOf(owner.pid);
  if (now === undefined || owner.started === "") return true;
  return now.started === owner.started && !now.isZombie;
}

/** A process's start as Linux tells it (boot and clock ticks); undefined elsewhere, or when the process is gone. */
function startOf(pid: number): { readonly started: string; readonly isZombie: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The command's name stands in parentheses and may hold anything; state and start are fields 3 and 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { started: `${boot}:${fields[19]}`, isZombie: fields[0] === "Z" };
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ESRCH") || isCode(error, "EACCES")) return undefined;
    throw error;
  }
}
