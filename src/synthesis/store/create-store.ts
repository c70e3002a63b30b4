// Creates a store, or opens an existing one with the same plan.
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { createExclusively, syncFolder } from "../../base/atomic-file.ts";
import { SynthesisError } from "../../base/errors.ts";
import { differences, sorted, toJson } from "../../base/json.ts";
import { storeLayout } from "./layout.ts";
import { type Manifest, readManifest, stepsOf, writingStore } from "./manifest.ts";

/** Calls that share a log and a pack: few enough that several processes find work in a small store and little is reread after a crash. */
const CALLS_PER_SHARD = 64;
/** Shards of a large store, each with more calls: a shard is one file of a complete store, and four of one in progress. */
const MOST_SHARDS = 4000;

/** Instances that share a log. */
export function shardInstancesFor(
  plan: Pick<Manifest, "chains" | "rounds" | "closing" | "instances">,
): number {
  const fewest = Math.ceil(plan.instances / MOST_SHARDS);
  return Math.max(1, fewest, Math.floor(CALLS_PER_SHARD / (plan.chains * stepsOf(plan))));
}

/**
 * Writes the manifest, unless one for the same plan exists.
 *
 * @returns the manifest of the store
 * @throws SynthesisError `synthesis/other-plan` naming what differs, `synthesis/folder-in-use`, `synthesis/damaged-store`
 */
export async function createStore(folder: string, manifest: Manifest): Promise<Manifest> {
  const path = storeLayout(folder).manifest;
  await writingStore(folder, () => mkdir(folder, { recursive: true }));
  if (!existsSync(path)) {
    await requireEmpty(folder);
    const text = `${JSON.stringify(sorted(manifest), undefined, 2)}\n`;
    const isCreated = await writingStore(path, async () => {
      const created = await createExclusively(path, text);
      if (created) await syncFolder(folder);
      return created;
    });
    if (isCreated) return manifest;
  }
  return requireSamePlan(folder, await readManifest(folder), manifest);
}

/** Refuses a folder with other content. @throws SynthesisError `synthesis/folder-in-use` */
async function requireEmpty(folder: string): Promise<void> {
  const other = (await readdir(folder)).find((name) => !name.startsWith("store.json"));
  if (other === undefined || existsSync(storeLayout(folder).manifest)) return;
  throw new SynthesisError({
    code: "synthesis/folder-in-use",
    message: `${folder} is not a store of generated views, but contains ${JSON.stringify(other)}`,
    place: folder,
    value: other,
    remedy: "Name a new or empty folder with --store.",
  });
}

/**
 * Compares a store's plan with another one. How many instances share a log is not part of the plan: an older store may divide its work in
 * another way, and is continued so.
 *
 * @returns the manifest of the store
 * @throws SynthesisError `synthesis/other-plan`
 */
export function requireSamePlan(folder: string, there: Manifest, wanted: Manifest): Manifest {
  const { shardInstances } = there;
  const changes = differences(toJson(sorted(there)), toJson(sorted({ ...wanted, shardInstances })));
  if (changes.length === 0) return there;
  throw new SynthesisError({
    code: "synthesis/other-plan",
    message: `the store in ${folder} was begun with something else: ${changes.join("; ")}`,
    place: storeLayout(folder).manifest,
    value: changes,
    remedy: "Resume with the same plan and data, or name another folder with --store.",
  });
}
