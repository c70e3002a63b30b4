// Runs the chains of one instance: resumes each after its last answered call, and ends it when there is
// nothing to continue from.

import type { SourceInstance } from "./instance.ts";
import { type Call, type CallContext, makeCall } from "./make-call.ts";
import type { MadeRow } from "./store/ledger-row.ts";
import { stepsOf } from "./store/manifest.ts";
import type { Shard } from "./store/shard.ts";

/** The outcome of a step: the chain can continue, it has ended, or there was no answer in this run. */
type Progress = "further" | "ended" | "unanswered";

/**
 * Makes the remaining calls of an instance. Chains run concurrently; if the picture generator respects
 * `exclude` (retrieval), calls are sequential in the order step, chain, so that every picture is returned
 * once and always to the same call.
 */
export async function runInstance(context: CallContext, shard: Shard, source: SourceInstance): Promise<void> {
  const { chains } = context.manifest;
  const steps = stepsOf(context.manifest);
  const numbers = Array.from({ length: chains }, (_, chain) => chain);
  const take = (chain: number, step: number, exclude: readonly string[]) =>
    takeStep(context, shard, source, { instance: source.id, chain, step }, exclude);
  if (context.textToImage?.generator.heedsExclude !== true) {
    const run = async (chain: number) => {
      for (let step = 1; step <= steps; step++)
        if ((await take(chain, step, source.exclude)) !== "further") return;
    };
    // Waits for all chains before throwing an error of one: they use the shard until then.
    const outcomes = await Promise.allSettled(numbers.map(run));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    return;
  }
  let open = numbers;
  for (let step = 1; step <= steps; step++) {
    const further: number[] = [];
    for (const chain of open) {
      const progress = await take(chain, step, [
        ...source.exclude,
        ...namesBefore(context, shard, source.id),
      ]);
      if (progress === "unanswered") return; // later calls depend on its name
      if (progress === "further") further.push(chain);
    }
    open = further;
  }
}

async function takeStep(
  context: CallContext,
  shard: Shard,
  source: SourceInstance,
  at: Pick<Call, "instance" | "chain" | "step">,
  exclude: readonly string[],
): Promise<Progress> {
  const known = shard.row(at);
  if (known !== undefined) return known.state === "generated" ? "further" : "ended";
  if (context.state.isStopped) return "unanswered";
  const before = at.step === 1 ? undefined : shard.row({ ...at, step: at.step - 1 });
  const given = await givenContent(context, shard, source, before);
  const call = { ...at, source, parent: before?.call ?? null, given, exclude: [...exclude].sort() };
  const row = await makeCall(context, shard, call);
  if (row === undefined) return "unanswered";
  return row.state === "generated" ? "further" : "ended";
}

async function givenContent(
  { manifest }: CallContext,
  shard: Shard,
  source: SourceInstance,
  before: MadeRow | undefined,
) {
  if (before?.state === "generated")
    return { mediaType: before.mediaType, bytes: await shard.get(before.content) };
  const real = await source.real();
  // Real texts are small and lineage shows them; real pictures are not copied.
  if (manifest.direction === "text") await shard.put(real.bytes);
  return real;
}

/** Names of the instance's pictures so far. */
function namesBefore(context: CallContext, shard: Shard, instance: string): string[] {
  const names: string[] = [];
  for (let chain = 0; chain < context.manifest.chains; chain++) {
    for (let step = 1; step <= stepsOf(context.manifest); step++) {
      const row = shard.row({ instance, chain, step });
      if (row === undefined) break;
      const name = row.kind === "picture" ? pictureName(row) : undefined;
      if (name !== undefined) names.push(name);
    }
  }
  return names;
}

/** The name of a picture in a collection: from a captioned picture, or from the generator's details. */
function pictureName(row: MadeRow): string | undefined {
  if (row.state === "refused") return undefined;
  if (row.look?.startsWith("name:") === true) return row.look.slice("name:".length);
  return typeof row.details?.picture === "string" ? row.details.picture : undefined;
}
