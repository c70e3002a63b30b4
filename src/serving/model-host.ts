// One served model: its queue, the workers that read from it, and the change to another version of the model.
import { existsSync, realpathSync } from "node:fs";
import { RelataError } from "../base/errors.ts";
import type { Log } from "./log.ts";
import { ModelCounters } from "./model-counters.ts";
import { AdaptingLimits } from "./queue/batch-limits.ts";
import { FairQueue } from "./queue/fair-queue.ts";
import { MeasuredRate } from "./queue/measured-rate.ts";
import { bytesOf, deadlinePassed, type PostEnd, WaitingPost } from "./queue/waiting-post.ts";
import type { ExtractAnswer, ExtractJob, ModelStatistics, ServedModel } from "./service.ts";
import { errorFrom, type PostResult, type WorkerModelOptions } from "./workers/protocol.ts";
import type { Replica, SentBatch } from "./workers/replica.ts";
import { type GroupEvents, ReplicaGroup } from "./workers/replica-group.ts";

/** How a model is served. */
export interface HostOptions {
  readonly name: string;
  /** As the user named it; a link is followed at the start and at every reload. */
  readonly folder: string;
  readonly replicas: number;
  readonly worker: WorkerModelOptions;
  readonly entry: URL;
  readonly startTimeoutMs: number;
  readonly batchTimeoutMs: number;
  readonly maxBatchTokens: number;
  readonly maxBatchSize: number;
  readonly queueCapacity: number;
  readonly maxQueueBytes: number;
  readonly log: Log;
}

/** Workers that a post may end before it is given up. */
const MOST_DEATHS = 2;
/** Stands for the version of a model that is still being loaded. */
const NOT_LOADED = "";
const LONGEST_RETRY_SECONDS = 60; // who is told more does not come back

/** A model, whatever version of it answers at the moment. */
export class ModelHost {
  readonly name: string;
  readonly #options: HostOptions;
  readonly #queue = new FairQueue<WaitingPost>();
  /** Posts that had a worker when it died; they go first, each alone. */
  #suspects: WaitingPost[] = [];
  readonly #limits: AdaptingLimits;
  readonly #rate = new MeasuredRate();
  readonly #counters = new Map<string, ModelCounters>();
  #current: ReplicaGroup | undefined;
  /** The current one, one that is being loaded, and those that finish what they have. */
  readonly #groups = new Set<ReplicaGroup>();
  #reloading: Promise<void> | undefined;
  /** Without an answer, in the queue or with a worker. */
  readonly #accepted = new Set<WaitingPost>();
  #bytes = 0; // of these
  #isEnding = false;
  #isPumping = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: HostOptions) {
    this.name = options.name;
    this.#options = options;
    this.#limits = new AdaptingLimits({ posts: options.maxBatchSize, tokens: options.maxBatchTokens });
  }

  /** Starts the first workers. @throws the error of a model that cannot be loaded, `serving/worker-failed` */
  async start(): Promise<void> {
    const group = this.#newGroup();
    this.#current = group;
    try {
      await group.loaded;
    } catch (error) {
      this.#current = undefined;
      await this.#discard(group);
      throw error;
    }
  }

  /** Undefined until a worker has loaded the model. */
  get served(): ServedModel | undefined {
    const version = this.#current?.version;
    return version && { name: this.name, ...version };
  }

  get isReady(): boolean {
    return (this.#current?.ready ?? 0) > 0;
  }

  /** Accepts a post, or throws `serving/queue-full`. */
  accept(job: ExtractJob): Promise<ExtractAnswer> {
    job.signal.throwIfAborted();
    if (job.deadline <= Date.now()) {
      this.#countersNow().ended("expired");
      throw deadlinePassed();
    }
    const waiting = this.#queue.length + this.#suspects.length;
    const isTooMuch = this.#bytes > 0 && this.#bytes + bytesOf(job) > this.#options.maxQueueBytes;
    if (waiting >= this.#options.queueCapacity || isTooMuch) {
      this.#countersNow().posts.refused++;
      throw this.#queueFull(waiting);
    }
    const post = new WaitingPost(job, (ended, how) => this.#onPostEnd(ended, how));
    this.#accepted.add(post);
    this.#bytes += post.bytes;
    this.#queue.add(post);
    this.#pumpSoon();
    return post.answer;
  }

  /** Loads the folder again and changes to it when its workers are ready. A model that cannot be loaded leaves the one that answers. */
  reload(): Promise<void> {
    if (this.#isEnding) return Promise.resolve();
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** What happens and happened, for each version that has answered. */
  statistics(): ModelStatistics[] {
    this.#countersNow();
    const current = this.#current?.version?.version ?? NOT_LOADED;
    return [...this.#counters].map(([version, counters]) => {
      const own = [...this.#groups].filter((group) => (group.version?.version ?? NOT_LOADED) === version);
      const isCurrent = version === current;
      const posts = isCurrent ? this.#queue.length + this.#suspects.length : 0;
      return counters.with({
        model: { name: this.name, version },
        replicas: {
          ready: own.reduce((sum, { ready }) => sum + ready, 0),
          wanted: isCurrent ? this.#options.replicas : 0,
        },
        waiting: { posts, bytes: isCurrent ? this.#queue.bytes : 0 },
        inFlight: own.reduce((sum, { inFlight }) => sum + inFlight, 0),
        postsPerSecond: isCurrent ? this.#rate.perSecond : undefined,
      });
    });
  }

  /** Resolves when every accepted post has its answer. */
  idle(): Promise<void> {
    return this.#accepted.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Tells every caller that still waits why there will be no answer. */
  giveUp(reason: () => Error): void {
    for (const post of this.#accepted) post.fail(reason());
  }

  /** Ends the workers: after what they read, or at once. */
  async end(isAtOnce: boolean): Promise<void> {
    this.#isEnding = true;
    const how = (group: ReplicaGroup) => (isAtOnce ? group.kill("the server ends at once") : group.retire());
    await Promise.all([...this.#groups].map(how));
  }

  #newGroup(): ReplicaGroup {
    const { folder, replicas, worker, entry, startTimeoutMs, batchTimeoutMs } = this.#options;
    const place = existsSync(folder) ? realpathSync(folder) : folder; // a folder that is not there is the worker's error
    const start = { entry, folder: place, options: worker, startTimeoutMs, batchTimeoutMs };
    const group = new ReplicaGroup(replicas, start, this.#events());
    this.#groups.add(group);
    return group;
  }

  async #discard(group: ReplicaGroup): Promise<void> {
    await group.kill("its model cannot be loaded");
    this.#groups.delete(group);
  }

  async #reload(): Promise<void> {
    const { log } = this.#options;
    const before = this.#current;
    log.write("info", "loading a model again", { model: this.name, folder: this.#options.folder });
    const group = this.#newGroup();
    try {
      await group.loaded;
    } catch (error) {
      await this.#discard(group);
      if (this.#isEnding) return;
      const { code, message } = error as RelataError;
      log.write("error", "the model was not loaded again; the version before it continues to answer", {
        model: this.name,
        version: before?.version?.version,
        code,
        message,
      });
      return;
    }
    this.#current = group;
    log.write("info", "another version of a model answers", {
      model: this.name,
      version: group.version?.version,
      before: before?.version?.version,
    });
    this.#pumpSoon();
    if (before === undefined) return;
    void before.retire().then(() => this.#groups.delete(before));
  }

  #events(): GroupEvents {
    const { log } = this.#options;
    const model = this.name;
    return {
      onReady: (replica, group) => {
        log.write("info", "a worker is ready", { model, pid: replica.pid, version: group.version?.version });
        this.#pumpSoon();
      },
      onAnswers: (_, sent, answers) => this.#onAnswers(sent, answers),
      onLine: (replica, line) => log.write("warning", "a worker wrote", { model, pid: replica.pid, line }),
      onLost: (_, { reason, lost, delayMs, error }) => {
        const posts = lost.reduce((sum, batch) => sum + batch.posts.length, 0);
        this.#countersNow().lostWorkers++;
        const code = error instanceof RelataError ? error.code : undefined;
        log.write("error", "a worker ended", {
          model,
          reason: error?.message ?? reason,
          code,
          posts,
          delayMs,
        });
        for (const batch of lost) for (const post of batch.posts) this.#onLost(post);
        this.#pumpSoon();
      },
      onOtherVersion: (_, version) => {
        log.write("warning", "the folder of a model has changed, so it is loaded again", { model, version });
        void this.reload();
      },
    };
  }

  #onLost(post: WaitingPost): void {
    if (post.isSettled) return;
    post.deaths++;
    if (post.deaths >= MOST_DEATHS) post.fail(workerLost());
    else {
      this.#countersNow().posts.retried++;
      this.#suspects.push(post);
    }
  }

  #onAnswers(
    { posts, version }: SentBatch,
    { results, readMs }: { readonly results: readonly PostResult[]; readonly readMs: number },
  ): void {
    const counters = this.#countersOf(version);
    const seconds = readMs / 1000;
    this.#rate.add(posts.length, seconds, Math.max(1, this.#current?.ready ?? 1));
    this.#limits.learn(
      posts.reduce((sum, { tokens }) => sum + tokens, 0),
      seconds,
    );
    counters.batchSizes.add(posts.length);
    counters.readSeconds.add(seconds);
    for (const [i, post] of posts.entries()) {
      const result = results[i]!; // one for each post
      if ("error" in result) {
        post.fail(errorFrom(result.error));
        continue;
      }
      const queued = Math.max(0, performance.now() - post.acceptedAt - readMs);
      counters.queuedSeconds.add(queued / 1000);
      const timing = { queued, read: readMs };
      const { extraction, explanation } = result;
      post.resolve({ model: { name: this.name, version }, extraction, explanation, timing });
    }
    this.#pumpSoon();
  }

  #onPostEnd(post: WaitingPost, end: PostEnd): void {
    this.#countersNow().ended(end);
    if (!this.#queue.remove(post)) this.#suspects = this.#suspects.filter((other) => other !== post);
    this.#bytes -= post.bytes;
    this.#accepted.delete(post);
    if (this.#accepted.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** After everything that has arrived in this turn of the event loop, so that the posts of one request make one batch. */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  /**
   * Hands out what waits, to workers without a batch first. A worker that reads gets its next batch early if it has pictures to decode in the
   * meantime, or if the batch is full. Otherwise the posts wait here, where the batch can still grow.
   */
  #pump(): void {
    const { replicas = [], version } = this.#current ?? {};
    if (version === undefined) return;
    for (const batches of [0, 1]) {
      const free = replicas.filter((replica) => replica.hasRoom && replica.batches === batches);
      for (const [i, replica] of free.entries()) {
        const posts = this.#nextPosts(replica, free.length - i);
        if (posts.length > 0) this.#send(replica, posts, version.version);
      }
    }
  }

  #nextPosts(replica: Replica, sharers: number): readonly WaitingPost[] {
    if (this.#suspects.length > 0) return replica.batches === 0 ? this.#suspects.splice(0, 1) : [];
    const { length: waiting, tokens, pictures } = this.#queue;
    if (replica.batches > 0 && pictures === 0 && !this.#limits.areReached({ posts: waiting, tokens }))
      return [];
    return this.#queue.take(this.#limits.next(Math.ceil(waiting / sharers)));
  }

  #send(replica: Replica, posts: readonly WaitingPost[], version: string): void {
    const isAlone = posts.some(({ deaths }) => deaths > 0);
    replica.read({ posts, isAlone, version });
  }

  #queueFull(waiting: number): RelataError {
    const rate = this.#rate.perSecond ?? waiting;
    const seconds = Math.min(LONGEST_RETRY_SECONDS, Math.max(1, Math.ceil(waiting / Math.max(rate, 1e-3))));
    return new RelataError({
      code: "serving/queue-full",
      message: `${waiting} posts are waiting for the model ${this.name}, which is as many as its queue takes`,
      value: { retryAfterSeconds: seconds },
      remedy: "Send the request again later; add replicas or machines if this happens often.",
      fault: "work",
    });
  }

  #countersNow(): ModelCounters {
    return this.#countersOf(this.#current?.version?.version ?? NOT_LOADED);
  }

  #countersOf(version: string): ModelCounters {
    const early = this.#counters.get(NOT_LOADED); // posts may end before the model is loaded
    const known = this.#counters.get(version) ?? early ?? new ModelCounters();
    if (known === early) this.#counters.delete(NOT_LOADED);
    this.#counters.set(version, known);
    return known;
  }
}

function workerLost(): RelataError {
  return new RelataError({
    code: "serving/worker-lost",
    message: "the processes that read the post ended twice, so it was given up",
    remedy:
      "Look at the server's log. Send the post again without its picture to see which of them causes it.",
    fault: "work",
  });
}
