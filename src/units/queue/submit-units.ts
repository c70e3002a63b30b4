// Hands the units of a job to workers through a queue, a limited number at a time, until every unit is published or has failed for good. The
// queue may lose everything at any moment: what is not published is put into it again.
import { setTimeout as sleep } from "node:timers/promises";
import { abortable } from "../../base/abortable.ts";
import type { UnitFailure } from "../run-units.ts";
import { type Broker, messageOf, type UnitAnswer, type UnitMessage, type UnitQueue } from "./broker.ts";

export interface SubmitRequest {
  readonly broker: Broker;
  readonly kind: string;
  readonly job: string;
  /** What workers need to open the job. */
  readonly request: unknown;
  /** The units that are not published, in order. */
  readonly units: readonly number[];
  readonly isPublished: (unit: number) => Promise<boolean>;
  /** Units in the queue at once; default 64. */
  readonly depth?: number | undefined;
  /** How often a unit may fail before it is given up; default 3. */
  readonly attempts?: number | undefined;
  /** How long a unit may be in the queue without news before the submitter looks for it, in milliseconds; default 30,000. */
  readonly recheckMs?: number | undefined;
  /** Limit on the cost of all units; `costOf` is the highest cost of one. */
  readonly budget?: { readonly left: number; readonly costOf: (unit: number) => number } | undefined;
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
  /** Units that were not submitted because of the budget. */
  readonly left: number;
  /** Units that had to be put into the queue again because it had lost them. */
  readonly requeued: number;
  readonly cost: number;
}

const DEPTH = 64;
const ATTEMPTS = 3;
const RECHECK_MS = 30_000;
const TICK_MS = 100;
const RETRY_MS = 1_000;
const KEPT_FAILED = 10_000;
const KEPT_DONE = { age: 3600, count: 1000 }; // seconds; their answers are there for a submitter that missed the event
const BULK = 100; // messages in one request

/** Submits units and waits for them. @throws the signal's reason */
export async function submitUnits(request: SubmitRequest): Promise<SubmitSummary> {
  const submission = new Submission(request);
  try {
    return await submission.run();
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
  #next = 0;
  #published = 0;
  #requeued = 0;
  #cost = 0;
  /** The highest cost of the units in the queue. */
  #reserved = 0;
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
    await this.#asking(() => this.#forgetFailed());
    for (;;) {
      signal?.throwIfAborted();
      await this.#fill();
      if (
        this.#waiting.size === 0 &&
        (this.#next >= units.length || !this.#affords(units[this.#next] as number))
      )
        break;
      for (const [unit, answer] of this.#told) {
        this.#told.delete(unit);
        if (answer === undefined) await this.#look(unit);
        else this.#done(unit, answer);
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
      left: units.length - this.#next,
    };
  }

  async close(): Promise<void> {
    // A server that is away would never let them end.
    const closing = Promise.allSettled([this.#queue.close(), this.#events.close()]);
    await Promise.race([closing, sleep(RETRY_MS, undefined, { ref: false })]);
  }

  /** Puts units into the queue while there is room and money. */
  async #fill(): Promise<void> {
    const { units, depth = DEPTH } = this.#request;
    while (this.#next < units.length && this.#waiting.size < depth) {
      const some: number[] = [];
      while (this.#next < units.length && some.length < Math.min(BULK, depth - this.#waiting.size)) {
        const unit = units[this.#next] as number; // within the list
        if (!this.#affords(unit)) break;
        this.#reserved += this.#costOf(unit);
        some.push(unit);
        this.#next++;
      }
      if (some.length === 0) return;
      await this.#asking(() => this.#queue.addBulk(some.map((unit) => this.#message(unit))));
      for (const unit of some) this.#waiting.set(unit, Date.now());
    }
  }

  #costOf(unit: number): number {
    return this.#request.budget?.costOf(unit) ?? 0;
  }

  #affords(unit: number): boolean {
    const { budget } = this.#request;
    return (
      budget === undefined || this.#cost + this.#reserved + budget.costOf(unit) <= budget.left * (1 + 1e-9)
    );
  }

  #message(unit: number) {
    const { kind, job, request, attempts = ATTEMPTS } = this.#request;
    const data: UnitMessage = { version: 1, kind, job, unit, request };
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
    if (isEnded && (await this.#request.isPublished(unit)))
      return this.#done(unit, answerOf(job?.returnvalue));
    if (isEnded) {
      // Lost by the server, or done for a result that somebody removed.
      await this.#asking(() => this.#queue.remove(this.#idOf(unit)));
      await this.#asking(() => this.#queue.addBulk([this.#message(unit)]));
      this.#requeued++;
      this.#request.onNote?.(`unit ${unit} was not in the queue any more, and is again`);
    } else if (await this.#asking(() => job.isFailed())) {
      this.#end(unit);
      const failure = failureOf(unit, job.failedReason);
      this.#failures.push(failure);
      this.#request.onFailure?.(failure);
      return;
    }
    this.#waiting.delete(unit); // to the end of the line
    this.#waiting.set(unit, Date.now());
  }

  #done(unit: number, answer: UnitAnswer | undefined): void {
    if (!this.#waiting.has(unit)) return;
    this.#end(unit);
    this.#published++;
    this.#cost += answer?.cost ?? this.#costOf(unit); // without an answer, at most this
    this.#request.onDone?.(unit, answer);
  }

  #end(unit: number): void {
    this.#waiting.delete(unit);
    this.#reserved -= this.#costOf(unit);
  }

  /** Units that failed for good in an earlier submission get new attempts. */
  async #forgetFailed(): Promise<void> {
    for (const job of await this.#queue.getJobs(["failed"], 0, KEPT_FAILED))
      if (job?.id?.startsWith(`${this.#request.job}-`)) await job.remove();
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
  const { outcome, cost } = (parsed ?? {}) as Partial<UnitAnswer>;
  return (outcome === "published" || outcome === "before") && typeof cost === "number"
    ? { outcome, cost }
    : undefined;
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
