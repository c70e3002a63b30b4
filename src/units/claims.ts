// Divides work between processes without a server: a claim is a file that only one process can create; an
// owner loses it only when it dies, or, as seen from another machine, when it has not renewed it for a while.
// A claim has generations, `<name>.0`, `<name>.1` ...; the highest one counts. A generation is created once
// and never removed while the work is open, so two processes that find the same dead owner cannot both take
// over.
import { existsSync } from "node:fs";
import { mkdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createExclusively, replaceFile } from "../base/atomic-file.ts";
import { type ErrorDetails, RelataError } from "../base/errors.ts";
import { livenessOf, ownerOf, processOwnerSchema } from "../base/process-owner.ts";
import { isCode, isSystemError } from "../base/system-errors.ts";
import { readWholeText } from "../base/whole-file.ts";

const ownerSchema = processOwnerSchema.extend({
  released: z.boolean(),
  /** Whether the owner renews the claim; those of earlier versions do not, and are never taken over from another machine. */
  renews: z.boolean().default(false),
});
type Owner = z.infer<typeof ownerSchema>;

/**
 * How long an owner on another machine may leave its claim without renewal. Machines need no common clock: each waits this
 * long itself, from when it last saw the claim renewed.
 */
const LEASE_MS = 60_000;

export interface ClaimOptions {
  readonly leaseMs?: number | undefined;
  /**
   * Also takes the claim of a process on this machine that exists but has not renewed it, because it is stopped. Default false: who stops
   * a process on a terminal means to continue it.
   */
  readonly fromStopped?: boolean | undefined;
  /** Makes the error for work that another process has continued; default: one with `units/claim-lost`. */
  readonly lost?: ((details: Omit<ErrorDetails, "code">) => RelataError) | undefined;
  /** Called when another process has taken over, at the latest a sixth of a lease after this one runs again. */
  readonly onLost?: (() => void) | undefined;
}

export interface Claim {
  /** Whether an owner before this one left the work without finishing it. */
  readonly isInherited: boolean;
  /** Call it before writing. @throws the error of `lost` when this process stood still for so long that another one took over */
  requireHeld(): void;
  /** Lets another process take over; the work is not done. */
  release(): Promise<void>;
  /** Removes the claim; call it when the result exists, which others check first. */
  finish(): Promise<void>;
}

/** Takes a claim; undefined if a live process holds it. */
export async function takeClaim(
  folder: string,
  name: string,
  options: ClaimOptions = {},
): Promise<Claim | undefined> {
  const { leaseMs = LEASE_MS, fromStopped = false } = options;
  await mkdir(folder, { recursive: true });
  const me = ownOwner();
  for (let generation = 0; ; generation++) {
    const path = join(folder, `${name}.${generation}`);
    const owner = await readOwner(path);
    if (owner === "gone") {
      if (!(await create(path, me))) return undefined; // another process was faster
      const renewal = keepRenewed(path, join(folder, `${name}.${generation + 1}`), { ...options, leaseMs });
      return {
        isInherited: generation > 0,
        requireHeld: renewal.requireHeld,
        release: async () => {
          renewal.stop();
          if (!renewal.isLost()) await release(path, me);
        },
        finish: async () => {
          renewal.stop();
          await removeGenerations(folder, name, generation);
        },
      };
    }
    if (!owner.released && (await isAlive(owner, path, leaseMs, fromStopped))) return undefined;
  }
}

/** Renews a claim until it is stopped, or until the next generation shows that another process has taken over. */
function keepRenewed(
  path: string,
  next: string,
  { leaseMs, lost = claimLost, onLost }: ClaimOptions & { readonly leaseMs: number },
) {
  let renewed = performance.now();
  const renew = async () => {
    const now = performance.now();
    if (existsSync(next)) {
      clearInterval(timer);
      onLost?.();
      return;
    }
    await utimes(path, new Date(), new Date());
    renewed = now;
  };
  const onFailure = (error: unknown) => {
    if (isCode(error, "ENOENT")) clearInterval(timer); // the store is complete; other failures are tried again
  };
  const timer = setInterval(() => void renew().catch(onFailure), leaseMs / 6);
  timer.unref();
  return {
    stop: () => clearInterval(timer),
    isLost: () => existsSync(next),
    requireHeld: () => {
      if (performance.now() - renewed < leaseMs / 2 || !existsSync(next)) return;
      throw lost({
        message: "this process stood still for so long that another one continued its work",
        place: path,
        remedy: "Run the command again: it continues with what nobody does.",
        fault: "work",
      });
    },
  };
}

function claimLost(details: Omit<ErrorDetails, "code">): RelataError {
  return new RelataError({ code: "units/claim-lost", ...details });
}

/** Whether a live process holds the claim. */
export async function isClaimed(folder: string, name: string, leaseMs = LEASE_MS): Promise<boolean> {
  for (let generation = 0; ; generation++) {
    const path = join(folder, `${name}.${generation}`);
    const owner = await readOwner(path);
    if (owner === "gone") return false;
    if (!owner.released && (await isAlive(owner, path, leaseMs, false))) return true;
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
  return { ...ownerOf(), released: false, renews: true };
}

/** When this process first saw a claim as it is. */
const seen = new Map<string, { readonly renewed: number; readonly since: number }>();

/**
 * Whether the owner of a claim still runs; if unknown, it counts as running until it has not renewed its claim for
 * the time of a lease.
 */
async function isAlive(owner: Owner, path: string, leaseMs: number, fromStopped: boolean): Promise<boolean> {
  const { state } = livenessOf(owner);
  if (state === "dead") return false;
  if (state === "alive" && !fromStopped) return true;
  if (!owner.renews) return true;
  const renewed = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (renewed === undefined) return true; // just released or finished; the next look shows it
  const before = seen.get(path);
  if (before?.renewed === renewed) return performance.now() - before.since < leaseMs;
  seen.set(path, { renewed, since: performance.now() });
  return true;
}
