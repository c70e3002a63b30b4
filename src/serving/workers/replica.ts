// One replica of a model: a worker process with the batches that it has, and its successors when it dies.
import { Deferred } from "../../base/deferred.ts";
import type { WaitingPost } from "../queue/waiting-post.ts";
import type { FromWorker, PostResult } from "./protocol.ts";
import { WorkerProcess, type WorkerStart } from "./worker-process.ts";

/** A batch that a worker has. */
export interface SentBatch {
  readonly posts: readonly WaitingPost[];
  /** Posts that may have ended a worker are read one at a time, with nothing else in the same worker. */
  readonly isAlone: boolean;
  /** Of the model that reads it. */
  readonly version: string;
}

/** What a replica reports to the group that it belongs to. */
export interface ReplicaEvents {
  /** A worker has loaded the model. */
  onReady(replica: Replica, ready: FromWorker & { kind: "ready" }): void;
  onAnswers(
    replica: Replica,
    sent: SentBatch,
    answers: { readonly results: readonly PostResult[]; readonly readMs: number },
  ): void;
  onLine(replica: Replica, line: string): void;
  /** A worker ended without being asked to. `lost` are the batches that it had; the next one starts after `delayMs`. */
  onLost(
    replica: Replica,
    loss: {
      readonly reason: string;
      readonly error: Error | undefined;
      readonly lost: readonly SentBatch[];
      readonly delayMs: number;
    },
  ): void;
}

/** Batches that a worker has at a time: it reads one and prepares the pictures of the next, and never waits for the pipe. */
const BATCHES_AT_A_TIME = 2;
const LONGEST_DELAY_MS = 30_000; // a folder that comes back, or memory that becomes free, is noticed within half a minute
const FIRST_DELAY_MS = 250;

/** A worker and its successors. */
export class Replica {
  readonly #start: WorkerStart;
  readonly #events: ReplicaEvents;
  readonly #sent = new Map<number, SentBatch>();
  #process: WorkerProcess | undefined;
  #isReady = false;
  #isEnding = false;
  #failures = 0;
  #nextBatch = 0;
  #restart: NodeJS.Timeout | undefined;
  readonly #ended = new Deferred<void>();

  constructor(start: WorkerStart, events: ReplicaEvents) {
    this.#start = start;
    this.#events = events;
    this.#spawn();
  }

  /** Resolves when its last worker has ended after `end`. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Batches that it has now. */
  get batches(): number {
    return this.#sent.size;
  }

  /** Posts in these batches. */
  get posts(): number {
    return [...this.#sent.values()].reduce((sum, { posts }) => sum + posts.length, 0);
  }

  /** Whether it can take another batch now. */
  get hasRoom(): boolean {
    if (!this.#isReady || this.#isEnding || this.#sent.size >= BATCHES_AT_A_TIME) return false;
    return ![...this.#sent.values()].some(({ isAlone }) => isAlone);
  }

  /** Hands a batch to the worker. */
  read(sent: SentBatch): void {
    const id = this.#nextBatch++;
    this.#sent.set(id, sent);
    const posts = sent.posts.map(({ job }) => ({
      post: job.post,
      options: job.options,
      explain: job.explain ?? false,
    }));
    this.#process?.read(id, posts); // a ready replica has a process
  }

  /** Lets the worker finish what it has and end. */
  end(): void {
    this.#isEnding = true;
    clearTimeout(this.#restart);
    if (this.#process === undefined) this.#ended.resolve(undefined);
    else if (this.#isReady) this.#process.end();
    else this.#process.kill("it was no longer needed");
  }

  /** Ends the worker at once, with what it has. */
  kill(reason: string): void {
    this.#isEnding = true;
    clearTimeout(this.#restart);
    if (this.#process === undefined) this.#ended.resolve(undefined);
    else this.#process.kill(reason);
  }

  /** Replaces the worker by a new one, as if it had died. */
  replace(reason: string): void {
    this.#process?.kill(reason);
  }

  #spawn(): void {
    this.#process = new WorkerProcess(this.#start, {
      onReady: (ready) => {
        this.#isReady = true;
        this.#events.onReady(this, ready);
      },
      onAnswers: (batch, results, readMs) => {
        const sent = this.#sent.get(batch);
        this.#sent.delete(batch);
        this.#failures = 0;
        if (sent !== undefined) this.#events.onAnswers(this, sent, { results, readMs });
      },
      onLine: (line) => this.#events.onLine(this, line),
      onEnd: (reason, error) => this.#endOf(reason, error),
    });
  }

  #endOf(reason: string, error: Error | undefined): void {
    const lost = [...this.#sent.values()];
    this.#sent.clear();
    this.#process = undefined;
    this.#isReady = false;
    if (this.#isEnding) this.#ended.resolve(undefined);
    if (this.#isEnding && lost.length === 0) return;
    this.#failures++;
    const delayMs =
      this.#failures === 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 2));
    if (!this.#isEnding) this.#restart = setTimeout(() => this.#spawn(), delayMs);
    this.#events.onLost(this, { reason, error, lost, delayMs });
  }
}
