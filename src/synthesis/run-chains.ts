// Makes the views of a plan: takes shard after shard that no other process has, runs their chains, and completes the store.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Gate } from "../base/gate.ts";
import { runInstance } from "./chain.ts";
import { type ChainPlan, manifestOf } from "./chain-plan.ts";
import type { SourceInstance } from "./instance.ts";
import type { CallContext, Gated } from "./make-call.ts";
import { type FailureKind, type RunCounts, RunState, type StopReason } from "./run-state.ts";
import { isClaimed } from "./store/claims.ts";
import { createStore } from "./store/create-store.ts";
import { finalRows } from "./store/final-rows.ts";
import { finishStore } from "./store/finish.ts";
import { shardName, storeLayout } from "./store/layout.ts";
import { type Manifest, shardCount } from "./store/manifest.ts";
import { isFinished, Shard } from "./store/shard.ts";
import { type StoreSurvey, surveyStore } from "./store/survey.ts";

/** Instances under way at once, whatever the generators allow: each holds the contents of its chains. */
const MAX_INSTANCES_AT_ONCE = 64;
/** How long to wait before looking again at what other processes have not finished. */
const POLL_MS = 250;

/** What is run into which store, and its limits. */
export interface SynthesisOptions {
  /** Folder of the store. */
  readonly folder: string;
  readonly plan: ChainPlan;
  /** Of the plan, where it is known already; saves reading the instances again. */
  readonly manifest?: Manifest | undefined;
  /** Of the store, where it is known already. */
  readonly before?: StoreSurvey | undefined;
  /** Most that the store may cost in all, in the unit of `costPerCall`. What other processes spend meanwhile is not seen. */
  readonly budget?: number | undefined;
  /** Only the first instances; the store stays incomplete when there are more. */
  readonly limit?: number | undefined;
  /** Begins no call any more; calls that cost money are waited for. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  /** Called for the first failed call of each code, as soon as it failed. */
  readonly onFailure?: ((failure: FailureKind) => void) | undefined;
}

/** What a run made, and why it ended. */
export interface SynthesisOutcome {
  readonly complete: boolean;
  /** Why it is not: undefined when all instances of `limit` are done, or calls failed and are to be made again. */
  readonly stop: StopReason | undefined;
  /** This run's account. */
  readonly counts: RunCounts;
  /** Calls of this run that brought no answer, by their code, each with what the first one was told. */
  readonly failures: readonly FailureKind[];
  /** Lines of logs that were torn by a crash and left out. */
  readonly droppedLines: number;
}

/**
 * Makes what the plan asks for and the store does not hold yet. Other processes may do the same at the same time: no call is made twice, and
 * each of them returns when there is nothing left to do for it.
 *
 * @throws SynthesisError `synthesis/other-plan`, `synthesis/no-generator`, `synthesis/no-instances`, `synthesis/duplicate-instance`,
 * `synthesis/damaged-store`; what the source and the generators throw
 */
export async function runChains(options: SynthesisOptions): Promise<SynthesisOutcome> {
  const { folder, plan, budget = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = options;
  const manifest = options.manifest ?? (await manifestOf(plan));
  await createStore(folder, manifest);
  const before = options.before ?? (await surveyStore(folder, manifest));
  const state = new RunState({
    signal: options.signal ?? new AbortController().signal,
    budget,
    done: before.done,
    planned: before.planned,
    spent: before.cost.textToImage + before.cost.imageToText,
    onProgress: options.onProgress,
    onFailure: options.onFailure,
  });
  const context: CallContext = {
    folder,
    manifest,
    textToImage: gated(plan.textToImage),
    imageToText: gated(plan.imageToText),
    state,
  };
  const worker = new Worker(context, plan, limit);
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

function gated<Generator extends { readonly concurrency: number }>(
  generator: Generator | undefined,
): Gated<Generator> | undefined {
  return generator && { generator, gate: new Gate(Math.max(1, generator.concurrency)) };
}

class Worker {
  readonly #context: CallContext;
  readonly #plan: ChainPlan;
  readonly #limit: number;
  /** Shards that this run has done what it could for. */
  readonly #tried = new Set<number>();
  readonly #running = new Set<Promise<void>>();
  readonly #room: number;
  droppedLines = 0;

  constructor(context: CallContext, plan: ChainPlan, limit: number) {
    this.#context = context;
    this.#plan = plan;
    this.#limit = limit;
    const { textToImage, imageToText } = context;
    const calls = (textToImage?.generator.concurrency ?? 0) + (imageToText?.generator.concurrency ?? 0);
    this.#room = Math.min(MAX_INSTANCES_AT_ONCE, Math.max(1, calls));
  }

  /** Works once through all shards that are free. */
  async pass(): Promise<void> {
    const { folder, state } = this.#context;
    const closing: Promise<void>[] = [];
    try {
      for await (const { number, sources } of this.#shards()) {
        if (state.isStopped) break;
        if (this.#tried.has(number) || isFinished(folder, number)) continue;
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

  /** Waits until there is something to do for this run again; false when there will be nothing. */
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

  /** All shards are finished, and another process brings the store into its final form: waits for it. */
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
    return Array.from({ length: Math.ceil(instances / manifest.shardInstances) }, (_, shard) => shard);
  }

  async *#shards(): AsyncGenerator<{ readonly number: number; readonly sources: readonly SourceInstance[] }> {
    const { shardInstances } = this.#context.manifest;
    let sources: SourceInstance[] = [];
    let count = 0;
    for await (const source of this.#plan.instances()) {
      if (count >= this.#limit) break;
      sources.push(source);
      count++;
      if (count % shardInstances !== 0) continue;
      yield { number: count / shardInstances - 1, sources };
      sources = [];
    }
    if (sources.length > 0) yield { number: Math.floor(count / shardInstances), sources };
  }

  async #waitForRoom(): Promise<void> {
    while (this.#running.size >= this.#room) await Promise.race(this.#running);
  }

  /** Begins an instance; an error ends the run. */
  #start(shard: Shard, source: SourceInstance): Promise<void> {
    const { state } = this.#context;
    const work = runInstance(this.#context, shard, source)
      .catch((error: unknown) => state.end(error))
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
    return work;
  }

  /** Finishes a shard whose calls are all answered, else leaves it. */
  async #close(
    shard: Shard,
    sources: readonly SourceInstance[],
    work: readonly Promise<void>[],
  ): Promise<void> {
    await Promise.all(work);
    const { manifest } = this.#context;
    const whole = Math.min(
      manifest.shardInstances,
      manifest.instances - shard.number * manifest.shardInstances,
    );
    const rows = sources.map(({ id }) => finalRows(manifest, id, (at) => shard.row(at)));
    this.#tried.add(shard.number);
    if (sources.length === whole && rows.every(({ missing }) => missing === 0))
      await shard.finish(rows.flatMap((one) => one.rows));
    else await shard.release();
  }
}
