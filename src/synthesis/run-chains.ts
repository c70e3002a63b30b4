// Generates the views of a plan: claims free shards one by one, runs their chains, and completes the store.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isClaimed } from "../units/claims.ts";
import type { ShardChoice } from "../units/shard.ts";
import { runInstance } from "./chain.ts";
import { type ChainPlan, manifestOf } from "./chain-plan.ts";
import type { SourceInstance } from "./instance.ts";
import type { CallContext } from "./make-call.ts";
import { partsOf } from "./part-sources.ts";
import { closePart, gatedGenerators, roomOf } from "./part-work.ts";
import { type FailureKind, type RunCounts, RunState, type StopReason } from "./run-state.ts";
import { totalOf } from "./store/by-generator.ts";
import { createStore } from "./store/create-store.ts";
import { finishStore } from "./store/finish.ts";
import { shardName, storeLayout } from "./store/layout.ts";
import { type Manifest, shardCount } from "./store/manifest.ts";
import { isFinished, Shard } from "./store/shard.ts";
import { type StoreSurvey, surveyStore } from "./store/survey.ts";

/** Wait before checking again for work of other processes. */
const POLL_MS = 250;

/** Which plan to run into which store, and its limits. */
export interface SynthesisOptions {
  /** Folder of the store. */
  readonly folder: string;
  readonly plan: ChainPlan;
  /** Manifest of the plan, if known; saves reading the instances again. */
  readonly manifest?: Manifest | undefined;
  /** Counts of the store, if known. */
  readonly before?: StoreSurvey | undefined;
  /**
   * Limit on the store's total cost, in the unit of `costPerCall`. Concurrent spending by other processes
   * is not counted.
   */
  readonly budget?: number | undefined;
  /** Process only this many instances; the store stays incomplete if there are more. */
  readonly limit?: number | undefined;
  /** Process only the shards of the store whose number leaves `index` when divided by `count`; others may be processed elsewhere. */
  readonly share?: ShardChoice | undefined;
  /** Starts no further calls; waits for calls that cost money. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  /** Called immediately for the first failed call of each code. */
  readonly onFailure?: ((failure: FailureKind) => void) | undefined;
}

/** What a run generated, and why it ended. */
export interface SynthesisOutcome {
  readonly complete: boolean;
  /**
   * Why it is incomplete: undefined if all instances of `limit` are done, or calls failed and need to be
   * repeated.
   */
  readonly stop: StopReason | undefined;
  /** Counts of this run. */
  readonly counts: RunCounts;
  /** Calls of this run without an answer, by code, each with the first message. */
  readonly failures: readonly FailureKind[];
  /** Number of log lines torn by a crash and skipped. */
  readonly droppedLines: number;
}

/**
 * Generates the planned views that the store does not hold yet. Other processes may do the same
 * concurrently: no call is made twice, and each returns when it has nothing left to do.
 *
 * @throws SynthesisError `synthesis/other-plan`, `synthesis/no-generator`, `synthesis/no-instances`, `synthesis/duplicate-instance`,
 * `synthesis/damaged-store`; the errors of the source and the generators
 */
export async function runChains(options: SynthesisOptions): Promise<SynthesisOutcome> {
  const { folder, plan, budget = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = options;
  const manifest = await createStore(folder, options.manifest ?? (await manifestOf(plan)));
  const before = options.before ?? (await surveyStore(folder, manifest));
  const state = new RunState({
    signal: options.signal ?? new AbortController().signal,
    budget,
    done: before.done,
    planned: before.planned,
    spent: totalOf(before.cost),
    onProgress: options.onProgress,
    onFailure: options.onFailure,
  });
  const context: CallContext = {
    folder,
    manifest,
    ...gatedGenerators(plan),
    state,
  };
  const worker = new Worker(context, plan, limit, options.share);
  let complete = await finishStore(folder, manifest);
  while (!complete && !state.isStopped) {
    await worker.pass();
    state.throwIfEnded();
    complete = await finishStore(folder, manifest);
    if (complete || state.isStopped || !(await worker.waitForOthers())) break;
  }
  state.throwIfEnded();
  if (!complete) complete = await finishStore(folder, manifest);
  return {
    complete,
    stop: complete ? undefined : state.stop,
    counts: state.counts,
    failures: state.failures,
    droppedLines: worker.droppedLines,
  };
}

class Worker {
  readonly #context: CallContext;
  readonly #plan: ChainPlan;
  readonly #limit: number;
  readonly #share: ShardChoice;
  /** Shards that this run has finished with. */
  readonly #tried = new Set<number>();
  readonly #running = new Set<Promise<void>>();
  readonly #room: number;
  droppedLines = 0;

  constructor(
    context: CallContext,
    plan: ChainPlan,
    limit: number,
    share: ShardChoice = { index: 0, count: 1 },
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#limit = limit;
    this.#share = share;
    this.#room = roomOf(context);
  }

  /** Processes all free shards once. */
  async pass(): Promise<void> {
    const { folder, manifest, state } = this.#context;
    const closing: Promise<void>[] = [];
    try {
      for await (const { number, sources } of partsOf(this.#plan.instances, manifest, this.#limit)) {
        if (state.isStopped) break;
        if (!this.#isOwn(number) || this.#tried.has(number) || isFinished(folder, number)) continue;
        await this.#waitForRoom();
        if (state.isStopped) break;
        const shard = await Shard.take(folder, number);
        if (shard === undefined) continue;
        this.droppedLines += shard.dropped;
        const work: Promise<void>[] = [];
        for (const source of sources) {
          await this.#waitForRoom();
          work.push(this.#start(shard, source));
        }
        closing.push(this.#close(shard, sources, work));
      }
    } finally {
      const outcomes = await Promise.allSettled(closing);
      for (const outcome of outcomes) if (outcome.status === "rejected") state.end(outcome.reason);
    }
  }

  /** Waits until this run has work again; false if there will be none. */
  async waitForOthers(): Promise<boolean> {
    const { folder, manifest, state } = this.#context;
    for (;;) {
      const open = this.#wanted().filter((shard) => !this.#tried.has(shard) && !isFinished(folder, shard));
      if (open.length === 0)
        return existsSync(storeLayout(folder).ledger) ? false : this.#othersAreFinishing();
      for (const shard of open) {
        if (!(await isClaimed(storeLayout(folder).claims, shardName(shard)))) return true;
      }
      if (state.isStopped || manifest.instances === 0) return false;
      await sleep(POLL_MS, undefined, { signal: state.signal }).catch((error: unknown) => {
        if (!state.signal.aborted) throw error;
      });
    }
  }

  /** All shards are finished and another process is completing the store: waits for it. */
  async #othersAreFinishing(): Promise<boolean> {
    const { folder, manifest, state } = this.#context;
    const layout = storeLayout(folder);
    for (let shard = 0; shard < shardCount(manifest); shard++) if (!isFinished(folder, shard)) return false;
    while (!existsSync(layout.ledger)) {
      if (state.isStopped) return false;
      if (!(await isClaimed(layout.claims, "finish"))) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  #wanted(): number[] {
    const { manifest } = this.#context;
    const instances = Math.min(this.#limit, manifest.instances);
    const shards = Array.from(
      { length: Math.ceil(instances / manifest.shardInstances) },
      (_, shard) => shard,
    );
    return shards.filter((shard) => this.#isOwn(shard));
  }

  #isOwn(shard: number): boolean {
    return shard % this.#share.count === this.#share.index;
  }

  async #waitForRoom(): Promise<void> {
    while (this.#running.size >= this.#room) await Promise.race(this.#running);
  }

  /** Starts an instance; an error ends the run. */
  #start(shard: Shard, source: SourceInstance): Promise<void> {
    const { state } = this.#context;
    const work = runInstance(this.#context, shard, source)
      .catch((error: unknown) => state.end(error))
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
    return work;
  }

  /** Finishes a shard if all its calls are answered, else releases it. */
  async #close(
    shard: Shard,
    sources: readonly SourceInstance[],
    work: readonly Promise<void>[],
  ): Promise<void> {
    await Promise.all(work);
    this.#tried.add(shard.number);
    await closePart(this.#context.manifest, shard, sources);
  }
}
