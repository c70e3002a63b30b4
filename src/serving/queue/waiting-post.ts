// A post on its way through the server: what is to be read, how it waits, and the one answer that its caller gets.
import { setMaxListeners } from "node:events";
import { Deferred } from "../../base/deferred.ts";
import { RelataError } from "../../base/errors.ts";
import type { ExtractAnswer, ExtractJob } from "../service.ts";
import type { Queued } from "./fair-queue.ts";

/** How a post ends for its caller. */
export type PostEnd = "answered" | "failed" | "cancelled" | "expired";

const BYTES_PER_TOKEN = 4; // of English subwords; about right for others in UTF-8 too
const LONGEST_TIMER_MS = 2 ** 31 - 1; // a longer one would ring at once
const SPECIAL_TOKENS = 2; // at both ends of a text

/** One post of a caller. It is settled once: by an answer, an error, its caller's leaving or its deadline. */
export class WaitingPost implements Queued {
  readonly job: ExtractJob;
  readonly caller: string | symbol;
  readonly tokens: number;
  readonly bytes: number;
  readonly hasPicture: boolean;
  readonly acceptedAt = performance.now();
  /** Workers that ended while they read it. */
  deaths = 0;
  #end: PostEnd | undefined;
  readonly #onEnd: (post: WaitingPost, end: PostEnd) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #answer = new Deferred<ExtractAnswer>();
  readonly #leave = () => this.fail(this.job.signal.reason, "cancelled");

  /** @param onEnd called once, before the caller hears of it */
  constructor(job: ExtractJob, onEnd: (post: WaitingPost, end: PostEnd) => void) {
    this.job = job;
    this.#onEnd = onEnd;
    this.caller = job.caller ?? Symbol("caller");
    this.tokens = Math.ceil(Buffer.byteLength(job.post.text) / BYTES_PER_TOKEN) + SPECIAL_TOKENS;
    this.bytes = bytesOf(job);
    this.hasPicture = job.post.image !== undefined;
    const leftMs = Math.min(job.deadline - Date.now(), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.fail(deadlinePassed(), "expired"), leftMs);
    setMaxListeners(0, job.signal); // the posts of one request share a signal
    job.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /** Settles once. */
  get answer(): Promise<ExtractAnswer> {
    return this.#answer.promise;
  }

  /** Whether its caller has been told the end. */
  get isSettled(): boolean {
    return this.#end !== undefined;
  }

  resolve(answer: ExtractAnswer): void {
    this.#settle("answered", () => this.#answer.resolve(answer));
  }

  fail(reason: unknown, end: PostEnd = "failed"): void {
    this.#settle(end, () => this.#answer.reject(reason));
  }

  #settle(end: PostEnd, tell: () => void): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearTimeout(this.#timer);
    this.job.signal.removeEventListener("abort", this.#leave);
    this.#onEnd(this, end);
    tell();
  }
}

/** Bytes of a post's text, caption and picture. */
export function bytesOf({ post: { text, caption = "", image } }: ExtractJob): number {
  const picture = typeof image === "string" || image instanceof Uint8Array ? image.length : 0; // of a source nothing is in memory
  return Buffer.byteLength(text) + Buffer.byteLength(caption) + picture;
}

/** The error of a post that was not read in time. */
export function deadlinePassed(): RelataError {
  return new RelataError({
    code: "serving/deadline",
    message: "the post was not read in time",
    remedy: "Send fewer posts at a time, allow more time, or add replicas.",
    fault: "work",
  });
}
