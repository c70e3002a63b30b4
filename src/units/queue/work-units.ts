// A worker: takes units from a queue, does them, and publishes them. Its lease on a unit is renewed while it lives; a worker that dies loses it, and
// another one gets the unit.
import { setTimeout as sleep } from "node:timers/promises";
import { RelataError } from "../../base/errors.ts";
import type { Broker, UnitAnswer, UnitMessage } from "./broker.ts";
import { messageOf } from "./broker.ts";

/** Does units of one job. */
export interface OpenedJob {
  run(unit: number, options: RunUnitOptions): Promise<UnitAnswer>;
  dispose(): Promise<void>;
}

export interface RunUnitOptions {
  /** Ends the unit at once. */
  readonly signal: AbortSignal;
  /** The worker takes no further units: long ones end at the next point from which they can be continued. */
  readonly stopping: AbortSignal;
  /** What the unit may cost altogether; undefined: anything. */
  readonly allowance: number | undefined;
}

export interface WorkRequest {
  readonly broker: Broker;
  /** Opens a job that this worker does not have open. @throws errors that make the unit fail */
  readonly open: (message: UnitMessage) => Promise<OpenedJob>;
  /** Units at once; default 1. */
  readonly concurrency?: number | undefined;
  /** How long a dead worker keeps its unit, in milliseconds; default 30,000. */
  readonly leaseMs?: number | undefined;
  /** Ends after this long without a unit, in milliseconds; default: never. */
  readonly idleMs?: number | undefined;
  /** Takes no further units; those under way are finished, or stop where they can be continued. */
  readonly signal: AbortSignal;
  readonly onUnit?: ((message: UnitMessage, answer: UnitAnswer) => void) | undefined;
  readonly onFailure?: ((message: UnitMessage, error: unknown) => void) | undefined;
  readonly onNote?: ((text: string) => void) | undefined;
}

export interface WorkSummary {
  readonly published: number;
  readonly before: number;
  /** Units that stopped before they were published: their allowance was used up, or the worker was told to end. */
  readonly stopped: number;
  readonly failed: number;
  readonly cost: number;
}

const LEASE_MS = 30_000;
/** Deaths that one unit may cause before it counts as the cause. */
const MOST_DEATHS = 5;
const TICK_MS = 250;
const RETRY_MS = 1_000;
/** After a failure a worker waits, twice as long each time until a unit succeeds: one that cannot do the work leaves it to the others. */
const LONGEST_WAIT_MS = 60_000;

/** Works until the signal, or until nothing has come for `idleMs`. */
export async function workUnits(request: WorkRequest): Promise<WorkSummary> {
  const { broker, concurrency = 1, leaseMs = LEASE_MS, idleMs, signal } = request;
  const jobs = new OpenJobs(request.open, signal);
  let waitMs = RETRY_MS;
  const counts = { published: 0, before: 0, stopped: 0, failed: 0, cost: 0 };
  let [running, lastMs, isAway] = [0, Date.now(), false];
  const stop = new AbortController(); // ends units when the worker was told twice
  const worker = broker.worker(
    async (message) => {
      running++;
      try {
        const answer = await jobs.run(message, stop.signal);
        waitMs = RETRY_MS;
        counts[answer.outcome]++;
        counts.cost += answer.cost;
        isAway = false;
        request.onUnit?.(message, answer);
        return answer;
      } catch (error) {
        counts.failed++;
        request.onFailure?.(message, error);
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
        // The code travels in the text, which is all that the queue keeps.
        throw error instanceof RelataError
          ? new Error(`[${error.code}] ${error.message}`, { cause: error })
          : error;
      } finally {
        running--;
        lastMs = Date.now();
      }
    },
    {
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: leaseMs,
      maxStalledCount: MOST_DEATHS,
      runRetryDelay: RETRY_MS,
      drainDelay: Math.max(1, Math.min(5, leaseMs / 1000)),
    },
  );
  worker.on("error", (error) => {
    if (isAway) return;
    isAway = true;
    request.onNote?.(`${broker.place}: ${messageOf(error)}`);
  });
  worker.on("active", () => {
    isAway = false;
  });
  try {
    while (!signal.aborted && (idleMs === undefined || running > 0 || Date.now() - lastMs < idleMs))
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    const closing = worker.close();
    while (running > 0) await sleep(TICK_MS); // the units under way
    await Promise.race([closing, sleep(5 * RETRY_MS, undefined, { ref: false })]); // the server may be away
  } finally {
    stop.abort();
    await jobs.close();
  }
  return counts;
}

/** Jobs that are open: the last one, and those before it while units of theirs are under way. */
class OpenJobs {
  readonly #open: WorkRequest["open"];
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, { readonly job: Promise<OpenedJob>; users: number }>();
  #last = "";

  constructor(open: WorkRequest["open"], signal: AbortSignal) {
    this.#open = open;
    this.#signal = signal;
  }

  async run(message: UnitMessage, signal: AbortSignal): Promise<UnitAnswer> {
    const id = message.job;
    let entry = this.#known.get(id);
    if (entry === undefined) {
      entry = { job: this.#open(message), users: 0 };
      this.#known.set(id, entry);
    }
    this.#last = id;
    entry.users++;
    try {
      const job = await entry.job.catch((error: unknown) => {
        this.#known.delete(id); // the next unit tries again
        throw error;
      });
      const { unit, allowance } = message;
      return await job.run(unit, { signal, stopping: this.#signal, allowance });
    } finally {
      entry.users--;
      await this.#closeUnused();
    }
  }

  async close(): Promise<void> {
    this.#last = "";
    await this.#closeUnused();
  }

  async #closeUnused(): Promise<void> {
    for (const [id, { job, users }] of this.#known) {
      if (users > 0 || id === this.#last) continue;
      this.#known.delete(id);
      await (await job).dispose();
    }
  }
}
