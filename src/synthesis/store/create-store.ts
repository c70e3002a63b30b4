// Begins a store, or opens the one that is there when it is for the same plan.
import { mkdir } from "node:fs/promises";
import { createExclusively } from "../../atomic-file.ts";
import { SynthesisError } from "../../errors.ts";
import { sorted } from "../steps.ts";
import { storeLayout } from "./layout.ts";
import { type Manifest, readManifest, stepsOf } from "./manifest.ts";

/**
 * Calls that share a log. Few enough that several processes find work in a small store and that little is read again after a crash, enough
 * that 100,000 calls are some thousand files and not a hundred thousand.
 */
const CALLS_PER_SHARD = 64;

/** Instances that share a log. */
export function shardInstancesFor(plan: Pick<Manifest, "chains" | "rounds">): number {
  return Math.max(1, Math.floor(CALLS_PER_SHARD / (plan.chains * stepsOf(plan))));
}

/**
 * Writes the manifest, unless one for the same plan is there.
 *
 * @throws SynthesisError `synthesis/other-plan` naming what differs, `synthesis/damaged-store`
 */
export async function createStore(folder: string, manifest: Manifest): Promise<void> {
  const path = storeLayout(folder).manifest;
  await mkdir(folder, { recursive: true });
  if (await createExclusively(path, `${JSON.stringify(sorted(manifest), undefined, 2)}\n`)) return;
  requireSamePlan(folder, await readManifest(folder), manifest);
}

/** @throws SynthesisError `synthesis/other-plan` */
export function requireSamePlan(folder: string, there: Manifest, wanted: Manifest): void {
  const differences = differencesOf(there, wanted, "");
  if (differences.length === 0) return;
  throw new SynthesisError({
    code: "synthesis/other-plan",
    message: `the store in ${folder} was begun with something else: ${differences.join("; ")}`,
    place: storeLayout(folder).manifest,
    value: differences,
    remedy: "Go on with the same plan and data, or name another folder with --store.",
  });
}

function differencesOf(there: unknown, wanted: unknown, path: string): string[] {
  if (isRecord(there) && isRecord(wanted)) {
    const keys = [...new Set([...Object.keys(there), ...Object.keys(wanted)])].sort();
    return keys.flatMap((key) =>
      differencesOf(there[key], wanted[key], path === "" ? key : `${path}.${key}`),
    );
  }
  const [a, b] = [there, wanted].map((value) => JSON.stringify(sorted(value)) ?? "absent");
  return a === b ? [] : [`${path} was ${a}, now ${b}`];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
