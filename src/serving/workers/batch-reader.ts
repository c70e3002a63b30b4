// Reads batches of posts with one loaded model: while the texts of one batch are read, the pictures of the next are decoded.
import { mapConcurrently } from "../../base/concurrently.ts";
import { RelataError } from "../../base/errors.ts";
import type { PreparedPost } from "../../extract/extract-posts.ts";
import type { Extractor } from "../../extract/extractor.ts";
import type { Extraction } from "../../extract/post.ts";
import { type BatchPost, errorRecord, type PostResult } from "./protocol.ts";

const PICTURES_AT_A_TIME = 4; // one in the encoder while the others are decoded

/** A prepared post, an error of its own, or the post itself where it is read by a call of its own. */
type Prepared =
  | { readonly kind: "prepared"; readonly prepared: PreparedPost }
  | { readonly kind: "alone"; readonly post: BatchPost }
  | { readonly kind: "failed"; readonly error: unknown };

/** What a batch gave. */
export interface ReadBatch {
  readonly results: readonly PostResult[];
  /** Milliseconds from the end of the batch before, or the arrival of this one, to its answers. */
  readonly readMs: number;
}

/** Reads batches one after the other; each may be given before the one before it is read. */
export class BatchReader {
  readonly #extractor: Extractor;
  #preparing: Promise<unknown> = Promise.resolve();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(extractor: Extractor) {
    this.#extractor = extractor;
  }

  /** Returns one result for each post, in order; never rejects because of a post. */
  read(posts: readonly BatchPost[]): Promise<ReadBatch> {
    const prepared = this.#preparing.then(() =>
      mapConcurrently(posts, PICTURES_AT_A_TIME, (post) => this.#prepared(post)),
    );
    this.#preparing = prepared;
    const results = this.#reading.then(async () => {
      const started = performance.now();
      const answers = await this.#finished(await prepared);
      return { results: answers, readMs: performance.now() - started };
    });
    this.#reading = results;
    return results;
  }

  /** Waits for every batch. */
  async finished(): Promise<void> {
    await this.#reading;
  }

  async #prepared(post: BatchPost): Promise<Prepared> {
    if (post.explain) return { kind: "alone", post };
    try {
      const prepared = await this.#extractor.prepare(post.post, post.options);
      return prepared instanceof RelataError
        ? { kind: "failed", error: prepared }
        : { kind: "prepared", prepared };
    } catch (error) {
      return { kind: "failed", error }; // of this post's options, or of the models: the caller is told either way
    }
  }

  async #finished(posts: readonly Prepared[]): Promise<PostResult[]> {
    const readable = posts.flatMap((post) => (post.kind === "prepared" ? [post.prepared] : []));
    const answers = await this.#answers(readable);
    const results: PostResult[] = [];
    let at = 0;
    for (const post of posts) {
      if (post.kind === "failed") results.push({ error: errorRecord(post.error) });
      else if (post.kind === "prepared") results.push(resultOf(answers[at++]));
      else results.push(await this.#explained(post.post));
    }
    return results;
  }

  /** One answer or error for each post. If the models fail on all together, each is read alone, so that one of them cannot fail the others. */
  async #answers(posts: readonly PreparedPost[]): Promise<readonly unknown[]> {
    if (posts.length === 0) return [];
    try {
      return await this.#extractor.read(posts);
    } catch (error) {
      if (posts.length === 1) return [error];
      const alone: unknown[] = [];
      for (const post of posts) alone.push(...(await this.#answers([post])));
      return alone;
    }
  }

  async #explained({ post, options }: BatchPost): Promise<PostResult> {
    try {
      const { explanation, ...extraction } = await this.#extractor.explain(post, options);
      return { extraction, explanation };
    } catch (error) {
      return { error: errorRecord(error) };
    }
  }
}

function resultOf(answer: unknown): PostResult {
  return answer instanceof Error ? { error: errorRecord(answer) } : { extraction: answer as Extraction }; // of `Extractor.read`
}
