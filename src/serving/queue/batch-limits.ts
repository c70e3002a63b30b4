// How long a batch may be: what the settings allow, and no longer than a worker reads in a second or two.
import type { BatchLimits } from "./fair-queue.ts";
import { MeasuredRate } from "./measured-rate.ts";

/**
 * Work of one batch. Longer batches gain nothing, because the engine divides each into pieces of similar length, and a newcomer, a signal
 * to stop and a reload would have to wait for them.
 */
const BATCH_SECONDS = 1;

/** The limits of a model's batches. */
export class AdaptingLimits {
  readonly #most: BatchLimits;
  readonly #tokens = new MeasuredRate();

  constructor(most: BatchLimits) {
    this.#most = most;
  }

  /** Learns from a batch that was read. */
  learn(tokens: number, seconds: number): void {
    this.#tokens.add(tokens, seconds);
  }

  /** Whether what waits fills a batch, so that it cannot grow by waiting. */
  areReached(waiting: BatchLimits): boolean {
    return waiting.posts >= this.#most.posts || waiting.tokens >= this.next(waiting.posts).tokens;
  }

  /** Limits of the next batch, if `share` posts would give every worker its part. */
  next(share: number): BatchLimits {
    const perSecond = this.#tokens.perSecond ?? Number.POSITIVE_INFINITY;
    const tokens = Math.max(1, Math.min(this.#most.tokens, Math.ceil(perSecond * BATCH_SECONDS)));
    return { posts: Math.max(1, Math.min(this.#most.posts, share)), tokens };
  }
}
