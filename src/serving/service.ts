// What doors and pages ask of served models: one call for one post. How posts are queued, and where the models run, is not seen from here.
import type { ModelDescription, ModelName } from "../client/api-types.ts";
import type { Explanation } from "../extract/explain/explanation.ts";
import type { Extraction, ExtractionOptions, Post } from "../extract/post.ts";

/** A model that answers. */
export interface ServedModel extends ModelName {
  readonly loadedAt: Date;
  readonly description: ModelDescription;
}

/** One post to read. */
export interface ExtractJob {
  /** The model's name; undefined: the first one. */
  readonly model: string | undefined;
  /** A picture comes as bytes: files of the server cannot be named. */
  readonly post: Post;
  readonly options: ExtractionOptions;
  /** Aborts when the caller has left. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in milliseconds since 1970. */
  readonly deadline: number;
  /** Whether to say what the picture changed; such a post is read twice. */
  readonly explain?: boolean | undefined;
  /** Posts of the same caller take turns with those of others: a request, an address or a token; undefined: a caller of its own. */
  readonly caller?: string | undefined;
}

/** What was found in a post, and by which model. */
export interface ExtractAnswer {
  readonly model: ModelName;
  readonly extraction: Extraction;
  /** What the picture did, if the job asked. */
  readonly explanation?: Explanation | undefined;
  /** Milliseconds in the queue and in the model. */
  readonly timing: { readonly queued: number; readonly read: number };
}

/** Counts of one version of a model since the server started; after a reload its successor has counts of its own. */
export interface ModelStatistics {
  readonly model: ModelName;
  /** Worker processes that answer, of those wanted. */
  readonly replicas: { readonly ready: number; readonly wanted: number };
  /** Posts that wait, and the bytes of their texts and pictures. */
  readonly waiting: { readonly posts: number; readonly bytes: number };
  /** Posts that workers read now. */
  readonly inFlight: number;
  /** Posts that were answered, that could not be read, that were left by their caller or their deadline, that were refused, and that were read again. */
  readonly posts: {
    readonly answered: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly expired: number;
    readonly refused: number;
    readonly retried: number;
  };
  /** Workers that ended without being asked to. */
  readonly lostWorkers: number;
  /** Batches that were answered, by their number of posts; the last bound is endless. */
  readonly batchSizes: Histogram;
  /** Seconds from acceptance to a worker, and in the worker. */
  readonly queuedSeconds: Histogram;
  readonly readSeconds: Histogram;
  /** Posts per second over the last seconds of work; undefined until there was some. */
  readonly postsPerSecond: number | undefined;
}

/** Counts by upper bound, not cumulative. */
export interface Histogram {
  readonly bounds: readonly number[];
  /** One more than bounds: the last counts what exceeds them all. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Loaded models that answer for many callers at once. */
export interface Service {
  /** The models that answer now, the default one first. */
  models(): readonly ServedModel[];
  /** Whether every model has at least one replica that answers. */
  isReady(): boolean;
  /**
   * Reads one post.
   *
   * @throws RelataError `serving/queue-full` with `value.retryAfterSeconds`, `serving/deadline`, `serving/closing`, `serving/no-such-model`,
   * `serving/worker-lost`; the codes of posts that cannot be read; the signal's reason
   */
  extract(job: ExtractJob): Promise<ExtractAnswer>;
  /** What happens now and happened since the start, for every model. */
  statistics(): readonly ModelStatistics[];
  /** Refuses new posts, finishes those that were accepted, then releases the models. */
  close(): Promise<void>;
}
