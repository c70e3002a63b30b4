// Hands the units of a job to workers through a queue, a limited number at a time, until every unit is published or has failed for good. The
// queue may lose everything at any moment: what is not published is put into it again.
import { setTimeout as sleep } from "node:timers/promises";
import { abortable } from "../../base/abortable.ts";
import { mapConcurrently } from "../../base/concurrently.ts";
import type { UnitFailure } from "../unit-failure.ts";
import { type Broker, messageOf, type UnitAnswer, type UnitMessage, type UnitQueue } from "./broker.ts";

/** Says what each unit may cost. A grant holds until the unit has ended. */
export interface UnitBudget {
  /** What a unit may cost altogether, infinite for no limit; undefined: too little is left until other units have ended. */
  grant(unit: number): number | undefined;
  /** Told when a unit is no longer in the queue: with its answer, or without one if it was given up or nobody knows. */
  ended(unit: number, answer: UnitAnswer | undefined): Promise<void>;
}

export interface SubmitRequest {
  readonly broker: Broker;
  readonly kind: string;
  readonly job: string;
  /** What workers need to open the job. */
  readonly request: unknown;
  /** The units that are not published, in order. */
  readonly units: readonly number[];
  readonly isPublished: (unit: number) => Promise<boolean>;
  /** Makes ready what a unit needs before it is handed out, a few units at once. A unit with a failure is not handed out. @throws what ends the submission */
  readonly prepare?: ((unit: number) => Promise<UnitFailure | undefined>) | undefined;
  /** Units in the queue at once; default 64. */
  readonly depth?: number | undefined;
  /** How often a unit may fail before it is given up; default 3. */
  readonly attempts?: number | undefined;
  /** How long a unit may be in the queue without news before the submitter looks for it, in milliseconds; default 30,000. */
  readonly recheckMs?: number | undefined;
  /** Default: units may cost anything. */
  readonly budget?: UnitBudget | undefined;
  /** After this many units in a row were given up, no further ones are handed out; default: no limit. */
  readonly mostGivenUp?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDone?: ((unit: number, answer: UnitAnswer | undefined) => void) | undefined;
  readonly onFailure?: ((failure: UnitFailure) => void) | undefined;
  /** Called when the server stops answering, and when units are put into the queue again. */
  readonly onNote?: ((text: string) => void) | undefined;
}

export interface SubmitSummary {
  /** Units published during this submission. */
  readonly published: number;
  readonly failures: readonly UnitFailure[];
  /** Units that were not handed out, or not finished, because of the budget or of `mostGivenUp`. */
  readonly left: number;
  /** Whether it ended because of `mostGivenUp`. */
  readonly isFailing: boolean;
  /** Units that had to be put into the queue again because it had lost them. */
  readonly requeued: number;
  readonly cost: number;
}

const DEPTH = 64;
const ATTEMPTS = 3;
const RECHECK_MS = 30_000;
const TICK_MS = 100;
const RETRY_MS = 1_000;
const KEPT = 10_000; // messages looked at in one state
const KEPT_DONE = { age: 3600, count: 1000 }; // seconds; their answers are there for a submitter that missed the event
const BULK = 100; // messages in one request
const PREPARED = 4; // units at once: the first workers can begin soon

/**
 * Submits units and waits for them. When the signal is aborted, units that no worker has begun leave the queue.
 *
 * @throws the signal's reason
 */
export async function submitUnits(request: SubmitRequest): Promise<SubmitSummary> {
  const submission = new Submission(request);
  try {
    return await submission.run();
  } catch (error) {
    if (request.signal?.aborted) await submission.withdraw();
    throw error;
  } finally {
    await submission.close();
  }
}

class Submission {
  readonly #request: SubmitRequest;
  readonly #queue: UnitQueue;
  readonly #events: ReturnType<Broker["events"]>;
  /** Units in the queue, and when there was last news of them. */
  readonly #waiting = new Map<number, number>();
  /** Units of which an event has told. */
  readonly #told = new Map<number, UnitAnswer | undefined>();
  readonly #failures: UnitFailure[] = [];
  /** Units that stopped because their allowance was used up: they are handed out again if more is left. */
  readonly #stopped: number[] = [];
  /** What the units in the queue may cost. */
  readonly #allowances = new Map<number, number>();
  #next = 0;
  #published = 0;
  #requeued = 0;
  #cost = 0;
  #givenUpInARow = 0;
  #isAway = false;

  constructor(request: SubmitRequest) {
    this.#request = request;
    this.#queue = request.broker.queue();
    this.#events = request.broker.events();
    const onError = (error: unknown) => this.#noteAway(error);
    this.#queue.on("error", onError);
    this.#events.on("error", onError);
    this.#events.on("completed", ({ jobId, returnvalue }) => this.#tell(jobId, answerOf(returnvalue)));
    this.#events.on("failed", ({ jobId }) => this.#tell(jobId, undefined));
  }

  async run(): Promise<SubmitSummary> {
    const { units, signal } = this.#request;
    await this.#asking(() => this.#events.waitUntilReady()); // misses no answer
    // What an earlier submission left: failed units get new attempts, and allowances are those of this one.
    await this.#asking(() => this.#remove("failed", "completed", "waiting", "delayed"));
    for (;;) {
      signal?.throwIfAborted();
      if (this.#isFailing) {
        await this.#asking(() => this.#remove("waiting", "delayed"));
        break;
      }
      await this.#fill();
      if (this.#waiting.size === 0) break;
      for (const [unit, answer] of this.#told) {
        this.#told.delete(unit);
        if (answer === undefined) await this.#look(unit);
        else await this.#answered(unit, answer);
      }
      const stale = Date.now() - (this.#request.recheckMs ?? RECHECK_MS);
      for (const [unit, at] of this.#waiting) {
        if (at > stale) break; // in the order of their last news
        await this.#look(unit);
      }
      if (this.#told.size === 0)
        await sleep(TICK_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
    }
    return {
      ...{ published: this.#published, failures: this.#failures, requeued: this.#requeued, cost: this.#cost },
      left: units.length - this.#next + this.#stopped.length + this.#waiting.size,
      isFailing: this.#isFailing,
    };
  }

  get #isFailing(): boolean {
    return this.#givenUpInARow >= (this.#request.mostGivenUp ?? Number.POSITIVE_INFINITY);
  }

  /** Takes units that no worker has begun out of the queue, if the server answers at once. */
  async withdraw(): Promise<void> {
    const removing = this.#remove("waiting", "delayed").catch(() => undefined); // a server that is away has none
    await Promise.race([removing, sleep(RETRY_MS, undefined, { ref: false })]);
  }

  async close(): Promise<void> {
    // A server that is away would never let them end.
    const closing = Promise.allSettled([this.#queue.close(), this.#events.close()]);
    await Promise.race([closing, sleep(RETRY_MS, undefined, { ref: false })]);
  }

  /** Puts units into the queue while there is room and money. */
  async #fill(): Promise<void> {
    const { depth = DEPTH, prepare } = this.#request;
    const most = prepare === undefined ? BULK : PREPARED;
    while (this.#waiting.size < depth) {
      this.#request.signal?.throwIfAborted();
      const some: number[] = [];
      const again: number[] = [];
      while (some.length < Math.min(most, depth - this.#waiting.size)) {
        const unit = this.#following();
        if (unit === undefined || !this.#grant(unit)) break;
        if (this.#next < this.#request.units.length) this.#next++;
        else again.push(this.#stopped.shift() as number); // the same one
        some.push(unit);
      }
      if (some.length === 0) return;
      for (const unit of again) await this.#asking(() => this.#queue.remove(this.#idOf(unit)));
      const ready = prepare === undefined ? some : await this.#prepared(some, prepare);
      if (ready.length === 0) continue;
      await this.#asking(() => this.#queue.addBulk(ready.map((unit) => this.#message(unit))));
      for (const unit of ready) this.#waiting.set(unit, Date.now());
    }
  }

  /** The units of which nothing failed. */
  async #prepared(
    units: readonly number[],
    prepare: NonNullable<SubmitRequest["prepare"]>,
  ): Promise<number[]> {
    const failures = await mapConcurrently(units, PREPARED, prepare);
    for (const [i, failure] of failures.entries())
      if (failure !== undefined) await this.#giveUp(units[i] as number, failure);
    return units.filter((_, i) => failures[i] === undefined);
  }

  async #giveUp(unit: number, failure: UnitFailure): Promise<void> {
    await this.#end(unit, undefined);
    this.#givenUpInARow++;
    this.#failures.push(failure);
    this.#request.onFailure?.(failure);
  }

  /** The unit to hand out next. */
  #following(): number | undefined {
    const { units } = this.#request;
    return this.#next < units.length ? units[this.#next] : this.#stopped[0];
  }

  /** Notes what a unit may cost; false if that is too little. */
  #grant(unit: number): boolean {
    const { budget } = this.#request;
    if (budget === undefined) return true;
    const allowance = budget.grant(unit);
    if (allowance === undefined) return false;
    this.#allowances.set(unit, allowance);
    return true;
  }

  #message(unit: number) {
    const { kind, job, request, attempts = ATTEMPTS } = this.#request;
    const allowance = this.#allowances.get(unit) ?? Number.POSITIVE_INFINITY;
    const limit = Number.isFinite(allowance) ? { allowance } : {};
    const data: UnitMessage = { version: 1, kind, job, unit, request, ...limit };
    // One id for a unit: adding it twice leaves one.
    const opts = {
      jobId: this.#idOf(unit),
      attempts,
      backoff: { type: "exponential", delay: RETRY_MS },
      removeOnComplete: KEPT_DONE,
    };
    return { name: kind, data, opts };
  }

  #idOf(unit: number): string {
    return `${this.#request.job}-${unit}`;
  }

  #tell(id: string, answer: UnitAnswer | undefined): void {
    const [job, unit] = [id.slice(0, id.lastIndexOf("-")), Number(id.slice(id.lastIndexOf("-") + 1))];
    if (job === this.#request.job && this.#waiting.has(unit)) this.#told.set(unit, answer);
  }

  /** Finds out what became of a unit. */
  async #look(unit: number): Promise<void> {
    if (!this.#waiting.has(unit)) return;
    const job = await this.#asking(() => this.#queue.getJob(this.#idOf(unit)));
    const isEnded = !job || (await this.#asking(() => job.isCompleted()));
    const answer = answerOf(job?.returnvalue);
    if (isEnded && (await this.#request.isPublished(unit)))
      return this.#answered(unit, answer ?? { outcome: "before", cost: 0 });
    if (isEnded && answer?.outcome === "stopped") return this.#answered(unit, answer);
    if (isEnded) {
      // Lost by the server, or done for a result that somebody removed.
      await this.#asking(() => this.#queue.remove(this.#idOf(unit)));
      await this.#asking(() => this.#queue.addBulk([this.#message(unit)]));
      this.#requeued++;
      this.#request.onNote?.(`unit ${unit} was not in the queue any more, and is again`);
    } else if (await this.#asking(() => job.isFailed())) {
      return this.#giveUp(unit, failureOf(unit, job.failedReason));
    }
    this.#waiting.delete(unit); // to the end of the line
    this.#waiting.set(unit, Date.now());
  }

  async #answered(unit: number, answer: UnitAnswer): Promise<void> {
    if (!this.#waiting.has(unit)) return;
    await this.#end(unit, answer);
    this.#givenUpInARow = 0;
    this.#cost += answer.cost;
    if (answer.outcome === "stopped") {
      this.#stopped.push(unit);
      return;
    }
    this.#published++;
    this.#request.onDone?.(unit, answer);
  }

  async #end(unit: number, answer: UnitAnswer | undefined): Promise<void> {
    this.#waiting.delete(unit);
    this.#allowances.delete(unit);
    await this.#request.budget?.ended(unit, answer);
  }

  /** Removes this job's messages in these states; those that a worker has begun stay. */
  async #remove(...states: ("failed" | "completed" | "waiting" | "delayed")[]): Promise<void> {
    for (const job of await this.#queue.getJobs(states, 0, KEPT)) {
      if (!job?.id?.startsWith(`${this.#request.job}-`)) continue;
      await job.remove().catch(async (error: unknown) => {
        if (!(await job.isActive())) throw error; // a worker has just taken it
      });
    }
  }

  /** Asks the server until it answers: an outage does not count as a failure. */
  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    const { signal } = this.#request;
    for (;;) {
      try {
        const answer = await abortable(ask(), signal);
        this.#isAway = false;
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        this.#noteAway(error);
        await sleep(RETRY_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
      }
    }
  }

  #noteAway(error: unknown): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#request.onNote?.(
      `${this.#request.broker.place} does not answer, waiting for it: ${messageOf(error)}`,
    );
  }
}

/** An answer that can be read; undefined if it is not one of ours. */
function answerOf(value: unknown): UnitAnswer | undefined {
  const parsed = typeof value === "string" ? parsedJson(value) : value;
  const { outcome, cost, total } = (parsed ?? {}) as Partial<UnitAnswer>;
  if (outcome !== "published" && outcome !== "before" && outcome !== "stopped") return undefined;
  if (typeof cost !== "number") return undefined;
  return { outcome, cost, ...(typeof total === "number" && { total }) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Workers put the code of an error before its message. */
function failureOf(unit: number, reason: string | undefined): UnitFailure {
  const [, code, message] = /^\[([\w/-]+)\] (.*)$/s.exec(reason ?? "") ?? [];
  if (/stalled/.test(reason ?? ""))
    return { unit, code: "units/worker-lost", message: "every worker that did it ended before it was done" };
  return { unit, code, message: message ?? reason ?? "unknown" };
}
