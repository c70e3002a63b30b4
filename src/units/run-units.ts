// Does units of a job and publishes each once. A unit that fails is reported, and the others are done.
import { type Job, type UnitSet, unitKey } from "./job.ts";
import type { ObjectStore } from "./object-store.ts";
import { type UnitFailure, unitFailure } from "./unit-failure.ts";
import { encodeUnit, type UnitResult } from "./unit-record.ts";

/** The work of a job. The result of a unit depends only on the job and the unit's number. */
export interface UnitWork {
  readonly job: Job;
  readonly units: number;
  /** Does a unit. @throws the errors of the work; the signal's reason */
  run(unit: number, signal: AbortSignal | undefined): Promise<UnitResult>;
  dispose(): Promise<void>;
}

/** What became of a unit. "before": it was published already, possibly while this process did it too. */
export type UnitOutcome = "published" | "before";

/** Does a unit and publishes it, unless it is published. */
export async function runUnit(
  store: ObjectStore,
  work: Pick<UnitWork, "job" | "run">,
  unit: number,
  signal?: AbortSignal,
): Promise<UnitOutcome> {
  const key = unitKey(work.job.id, unit);
  if (await store.has(key)) return "before";
  const result = await work.run(unit, signal);
  signal?.throwIfAborted();
  const isFirst = await store.putIfAbsent(key, encodeUnit(work.job.id, unit, result));
  return isFirst ? "published" : "before";
}

/** What a process did. */
export interface UnitsSummary {
  /** Units that this process published. */
  readonly published: number;
  /** Units that were published by others, or in earlier runs. */
  readonly before: number;
  readonly failures: readonly UnitFailure[];
}

export interface RunUnitsRequest {
  readonly store: ObjectStore;
  readonly work: UnitWork;
  /** The units to do, in order. */
  readonly units: Iterable<number>;
  /** Those known to be published. */
  readonly known: UnitSet;
  readonly signal?: AbortSignal | undefined;
  readonly onDone?: ((unit: number, outcome: UnitOutcome) => void) | undefined;
  readonly onFailure?: ((failure: UnitFailure) => void) | undefined;
}

/** A cause that makes this many units fail in a row, such as a full disk or a lost folder, will make the others fail too. */
const MAX_FAILURES_IN_A_ROW = 10;

/**
 * Does units one after the other.
 *
 * @throws the last error if too many units fail in a row; the signal's reason
 */
export async function runUnits(request: RunUnitsRequest): Promise<UnitsSummary> {
  const { store, work, units, known, signal, onDone, onFailure } = request;
  const failures: UnitFailure[] = [];
  let [published, before, inARow] = [0, 0, 0];
  for (const unit of units) {
    signal?.throwIfAborted();
    try {
      const outcome = known.has(unit) ? "before" : await runUnit(store, work, unit, signal);
      if (outcome === "published") published++;
      else before++;
      inARow = 0;
      onDone?.(unit, outcome);
    } catch (error) {
      if (signal?.aborted) throw error;
      const failure = unitFailure(unit, error);
      failures.push(failure);
      onFailure?.(failure);
      if (++inARow >= MAX_FAILURES_IN_A_ROW) throw error;
    }
  }
  return { published, before, failures };
}
