// What all work on parts of a store shares: the generators with their limits, and how a part ends.
import { Gate } from "../base/gate.ts";
import type { ChainPlan } from "./chain-plan.ts";
import type { SourceInstance } from "./instance.ts";
import type { CallContext, Gated } from "./make-call.ts";
import { finalRows } from "./store/final-rows.ts";
import { type Manifest, manifestOfShard } from "./store/manifest.ts";
import type { Shard } from "./store/shard.ts";

/**
 * Maximum number of concurrent instances, whatever the generators allow: each keeps its chains' contents in
 * memory.
 */
const MAX_INSTANCES_AT_ONCE = 64;

type GatedGenerators = Pick<CallContext, "textToImage" | "imageToText" | "textToText">;

/** A plan's generators, each with a gate that keeps its concurrency. */
export function gatedGenerators({
  textToImage,
  imageToText,
  textToText,
}: Pick<ChainPlan, keyof GatedGenerators>): GatedGenerators {
  return {
    textToImage: gated(textToImage),
    imageToText: gated(imageToText),
    textToText: gated(textToText),
  };
}

function gated<Generator extends { readonly concurrency: number }>(
  generator: Generator | undefined,
): Gated<Generator> | undefined {
  return generator && { generator, gate: new Gate(Math.max(1, generator.concurrency)) };
}

/** Instances at once that keep all generators busy. */
export function roomOf({ textToImage, imageToText, textToText }: GatedGenerators): number {
  const calls = [textToImage, imageToText, textToText].reduce(
    (sum, gated) => sum + (gated?.generator.concurrency ?? 0),
    0,
  );
  return Math.min(MAX_INSTANCES_AT_ONCE, Math.max(1, calls));
}

/** Finishes a part if all its calls are answered, else releases it. Returns whether it is finished. */
export async function closePart(
  manifest: Manifest,
  shard: Shard,
  sources: readonly SourceInstance[],
): Promise<boolean> {
  const rows = sources.map(({ id }) => finalRows(manifest, id, (at) => shard.row(at)));
  const isWhole = sources.length === manifestOfShard(manifest, shard.number).instances;
  if (isWhole && rows.every(({ missing }) => missing === 0)) {
    await shard.finish(rows.flatMap((one) => one.rows));
    return true;
  }
  await shard.release();
  return false;
}
