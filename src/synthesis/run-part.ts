// Does single parts of a store, for workers that get them from a queue. A part that somebody else does is waited for, never done twice.
import { setTimeout as sleep } from "node:timers/promises";
import { counted } from "../base/counted.ts";
import { SynthesisError } from "../base/errors.ts";
import { Gate } from "../base/gate.ts";
import { runInstance } from "./chain.ts";
import type { ChainPlan } from "./chain-plan.ts";
import type { SourceInstance } from "./instance.ts";
import type { CallContext } from "./make-call.ts";
import { PartSources } from "./part-sources.ts";
import { closePart, gatedGenerators, roomOf } from "./part-work.ts";
import { RunState } from "./run-state.ts";
import { callsOf, type Manifest, manifestOfShard } from "./store/manifest.ts";
import { isFinished, Shard } from "./store/shard.ts";

/** Wait before looking again whether another process has finished or left a part. */
const POLL_MS = 250;

/** What became of a part. */
export interface PartOutcome {
  /**
   * "before": it was finished already, possibly while this process waited for it. "stopped": the allowance does not pay for its next call,
   * or the signal was aborted; what was made is kept.
   */
  readonly state: "finished" | "before" | "stopped";
  /** What its calls cost now. */
  readonly cost: number;
  /** What they have cost altogether, failed attempts included; undefined for "before". */
  readonly total: number | undefined;
}

export interface PartOptions {
  /** Starts no further calls; waits for calls that cost money. */
  readonly signal: AbortSignal;
  /** What the part's calls may cost altogether, earlier ones included; default: anything. */
  readonly allowance?: number | undefined;
}

/** Does parts of one store; several at once share the generators and their limits. */
export class PartRunner {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #shared: Omit<CallContext, "state">;
  readonly #sources: PartSources;
  readonly #room: Gate;

  /** @param manifest the store's, which exists and was made from the same plan */
  constructor(folder: string, plan: ChainPlan, manifest: Manifest) {
    const generators = gatedGenerators(plan);
    this.#folder = folder;
    this.#manifest = manifest;
    this.#shared = { folder, manifest, ...generators };
    this.#sources = new PartSources(plan.instances, manifest);
    this.#room = new Gate(roomOf(generators));
  }

  /**
   * Makes the missing calls of a part and finishes it.
   *
   * @throws SynthesisError `synthesis/calls-failed`, `synthesis/claim-lost`, `synthesis/cannot-write`; the errors of the source and the
   * generators that every other call would meet too
   */
  async run(
    part: number,
    { signal, allowance = Number.POSITIVE_INFINITY }: PartOptions,
  ): Promise<PartOutcome> {
    const shard = await this.#take(part, signal);
    if (typeof shard === "string") return { state: shard, cost: 0, total: undefined };
    const before = shard.cost;
    const own = manifestOfShard(this.#manifest, part);
    const state = new RunState({ signal, budget: allowance, done: 0, planned: callsOf(own), spent: before });
    const sources = await this.#sourcesOf(part, own.instances).catch(async (error: unknown) => {
      await shard.release();
      throw error;
    });
    const context: CallContext = { ...this.#shared, state };
    const run = (source: SourceInstance) =>
      this.#room.pass(() => runInstance(context, shard, source)).catch((error: unknown) => state.end(error));
    await Promise.all(sources.map(run));
    const isDone = await closePart(this.#manifest, shard, sources);
    state.throwIfEnded();
    const { spent: total } = state.counts;
    if (isDone) return { state: "finished", cost: total - before, total };
    if (state.failures.length > 0) throw callsFailed(part, state);
    if (state.stop !== undefined) return { state: "stopped", cost: total - before, total };
    throw new Error(`part ${part} of ${this.#folder} has calls left that were not made`);
  }

  dispose(): Promise<void> {
    return this.#sources.close();
  }

  /** Claims a part as soon as nobody else does it. */
  async #take(part: number, signal: AbortSignal): Promise<Shard | "before" | "stopped"> {
    while (!isFinished(this.#folder, part)) {
      if (signal.aborted) return "stopped";
      const shard = await Shard.take(this.#folder, part, { fromStopped: true });
      if (shard !== undefined) return shard;
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined); // looked at above
    }
    return "before";
  }

  async #sourcesOf(part: number, instances: number): Promise<readonly SourceInstance[]> {
    const sources = await this.#sources.of(part);
    if (sources.length !== instances) throw otherData(part, instances, sources.length);
    return sources;
  }
}

/** The most frequent failure speaks for all. */
function callsFailed(part: number, { failures }: RunState): SynthesisError {
  const [first] = failures;
  const count = failures.reduce((sum, failure) => sum + failure.count, 0);
  return new SynthesisError({
    code: "synthesis/calls-failed",
    message: `${counted(count, "call")} of part ${part} failed: ${first?.code}: ${first?.message}`,
    place: first?.instance,
    value: first?.code,
    remedy: "Run the command again: it makes only the calls that have no answer.",
    fault: "work",
  });
}

function otherData(part: number, wanted: number, found: number): SynthesisError {
  return new SynthesisError({
    code: "synthesis/other-plan",
    message: `part ${part} has ${counted(wanted, "instance")} in the store, and ${found} in the data`,
    remedy: "Restore the data of the plan, or name another folder with --store.",
  });
}
