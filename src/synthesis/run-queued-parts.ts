// Hands the parts of a store to workers through a queue, shows what they do, and completes the store.
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "../units/queue/broker.ts";
import { type SubmitSummary, submitUnits } from "../units/queue/submit-units.ts";
import type { UnitFailure } from "../units/unit-failure.ts";
import type { ChainPlan } from "./chain-plan.ts";
import { estimateOf } from "./estimate.ts";
import { PartBudget } from "./part-budget.ts";
import { type PartsJob, queuedParts, recordParts } from "./queued-parts.ts";
import type { SynthesisOutcome } from "./run-chains.ts";
import type { RunCounts, StopReason } from "./run-state.ts";
import { createStore } from "./store/create-store.ts";
import { completeStore } from "./store/finish.ts";
import { callsOf, type Manifest } from "./store/manifest.ts";
import { PartMeter } from "./store/part-meter.ts";
import { isFinished } from "./store/shard.ts";
import { surveyStore } from "./store/survey.ts";

/** Parts given up in a row, each after several attempts, after which a generator counts as down. */
const MOST_GIVEN_UP = 8;
/** Time between two looks at the parts that workers do. */
const LOOK_MS = 500;

export interface QueuedRun {
  readonly broker: Broker;
  /** Parts in the queue at once; default 64. */
  readonly depth?: number | undefined;
  /** How often a part may fail before it is given up; default 3. */
  readonly attempts?: number | undefined;
  /** Limit on the cost of the store, earlier runs included. */
  readonly budget?: number | undefined;
  /** Hands out no further parts, and takes back those that no worker has begun. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the counts of all workers together. */
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  /** Called for every part that is given up. */
  readonly onPartFailure?: ((failure: UnitFailure) => void) | undefined;
  /** Called when the server stops answering, and when parts are put into the queue again. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** What workers made of a store. */
export interface QueuedOutcome extends SynthesisOutcome {
  /** Parts that were finished meanwhile. */
  readonly parts: number;
  /** Parts that were given up, by number. */
  readonly givenUp: readonly UnitFailure[];
  /** Parts that had to be put into the queue again because it had lost them. */
  readonly requeued: number;
}

/**
 * Has the missing calls made by workers. The store is complete, not complete, or being completed by another process when it ends.
 *
 * @throws SynthesisError `synthesis/other-plan`, `synthesis/damaged-store`, `synthesis/cannot-write`
 */
export async function runQueuedParts(
  folder: string,
  { plan, manifest: wanted }: { readonly plan: ChainPlan; readonly manifest: Manifest },
  work: PartsJob,
  options: QueuedRun,
): Promise<QueuedOutcome> {
  const { broker, depth, attempts, signal, onPartFailure, onNote } = options;
  const { budget = Number.POSITIVE_INFINITY } = options;
  const manifest = await createStore(folder, wanted);
  const meter = await PartMeter.open(folder, manifest, (part, survey) => estimateOf(part, survey, plan).cost);
  const before = meter.total;
  const countsNow = (): RunCounts => {
    const { calls, left: _, ...total } = meter.total;
    return { planned: callsOf(manifest), ...total, calls: calls - before.calls };
  };
  const units = meter.unfinished();
  const dearest = Math.max(
    ...[plan.textToImage, plan.imageToText, plan.textToText].map((generator) => generator?.costPerCall ?? 0),
  );
  const shares = new PartBudget(meter, budget, dearest);
  let summary: SubmitSummary = {
    ...{ published: 0, failures: [], left: 0, requeued: 0, cost: 0, isFailing: false },
  };
  let isInterrupted = false;
  if (units.length > 0) {
    const job = await recordParts(folder, work, manifest);
    const look = async () => {
      for (const part of shares.parts) await meter.read(part);
      options.onProgress?.(countsNow());
    };
    const watching = watch(look);
    try {
      summary = await submitUnits({
        ...{ broker, kind: work.kind, job: job.id, units, depth, attempts, signal, onNote },
        request: queuedParts(folder),
        isPublished: (part) => Promise.resolve(isFinished(folder, part)),
        budget: shares,
        mostGivenUp: MOST_GIVEN_UP,
        onFailure: onPartFailure,
      });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      isInterrupted = true;
    } finally {
      await watching.end();
    }
    await look();
  }
  const complete = !isInterrupted && (await completeStore(folder, manifest, signal));
  const stop: StopReason | undefined = isInterrupted
    ? "interrupted"
    : summary.isFailing
      ? "failing"
      : summary.left > 0
        ? "budget"
        : undefined;
  return {
    complete,
    stop: complete ? undefined : stop,
    counts: countsNow(),
    failures: complete ? [] : (await surveyStore(folder, manifest)).failures,
    droppedLines: 0, // workers drop them
    parts: summary.published,
    givenUp: summary.failures,
    requeued: summary.requeued,
  };
}

/** Looks again and again. An error ends that, and is thrown by `end`. */
function watch(look: () => Promise<void>) {
  const stop = new AbortController();
  const { signal } = stop;
  let failure: { readonly error: unknown } | undefined;
  const watching = (async () => {
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined); // aborted, which ends the loop
      if (!signal.aborted) await look();
    }
  })().catch((error: unknown) => {
    failure = { error };
  });
  return {
    end: async () => {
      stop.abort();
      await watching;
      if (failure !== undefined) throw failure.error;
    },
  };
}
