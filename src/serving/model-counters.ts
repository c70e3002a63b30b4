// What happened to the posts of one version of a model since the server started.
import { HistogramCounter, POSTS, SECONDS } from "./queue/histogram.ts";
import type { PostEnd } from "./queue/waiting-post.ts";
import type { ModelStatistics } from "./service.ts";

/** Counts that only grow. */
export class ModelCounters {
  readonly posts = { answered: 0, failed: 0, cancelled: 0, expired: 0, refused: 0, retried: 0 };
  lostWorkers = 0;
  readonly batchSizes = new HistogramCounter(POSTS);
  readonly queuedSeconds = new HistogramCounter(SECONDS);
  readonly readSeconds = new HistogramCounter(SECONDS);

  /** Counts the end of a post. */
  ended(end: PostEnd): void {
    this.posts[end]++;
  }

  /** The counts with what is true now. */
  with(
    now: Pick<ModelStatistics, "model" | "replicas" | "waiting" | "inFlight" | "postsPerSecond">,
  ): ModelStatistics {
    const { batchSizes, queuedSeconds, readSeconds, lostWorkers } = this;
    return { ...now, posts: { ...this.posts }, lostWorkers, batchSizes, queuedSeconds, readSeconds };
  }
}
