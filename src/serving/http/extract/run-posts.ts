// Gives the posts of a request to the service, some at a time, and returns each answer as it comes.
import { RelataError } from "../../../base/errors.ts";
import { requireTextLength } from "../../../base/text-length.ts";
import type { ExtractionOptions, Post } from "../../../extract/post.ts";
import type { ExtractAnswer } from "../../service.ts";
import type { ServingContext } from "../dependencies.ts";
import { RequestError } from "../request-error.ts";
import type { PostInput } from "../schemas.ts";
import { servedModel } from "../served-model.ts";
import { TIMEOUT_NAME } from "../timeout-header.ts";
import type { PictureUrls } from "./picture-urls.ts";
import { pictureBytes } from "./pictures.ts";
import type { ExtractRequest, RequestedPost } from "./read-request.ts";

/** Posts of one request that wait or are read at the same time: two batches, so that one request does not fill the queue. */
const POSTS_AT_ONCE = 64;

/** What became of a post. */
export interface PostOutcome {
  readonly requested: RequestedPost;
  readonly answer: ExtractAnswer | RelataError;
}

/**
 * Reads the posts of a request; calls `onOutcome` for each, in order of completion.
 *
 * @param closed aborts when the caller has closed the stream of answers
 * @throws what is not about one post: the caller left; errors that are bugs
 */
export async function runPosts(
  c: ServingContext,
  request: ExtractRequest,
  urls: PictureUrls,
  onOutcome: (outcome: PostOutcome) => void,
  closed?: AbortSignal,
): Promise<void> {
  requireModel(c, request.model);
  const deadline = deadlineOf(c);
  const leaving = request.isMany ? new AbortController() : undefined; // one post has no others to cancel
  const left = c.req.raw.signal;
  const signal = anyOf([left, closed, leaving?.signal]);
  const waiting = request.posts.values();
  let answered = 0;
  let inFlight = 0;
  const changed = new Signal();

  const read = async (requested: RequestedPost): Promise<PostOutcome["answer"]> => {
    const { index, post } = requested;
    if (post instanceof RequestError) return post;
    const job = await jobOf(post, index === undefined ? "" : `posts[${index}].`);
    for (;;) {
      inFlight++;
      const found = await c.get("deps").service.extract(job).catch(relataError);
      inFlight--;
      const before = answered;
      changed.tell();
      // The queue is full of this request's own posts: wait for one of them instead of refusing the rest.
      const isFull = found instanceof RelataError && found.code === "serving/queue-full";
      if (!isFull || inFlight === 0 || Date.now() >= deadline) return found;
      while (answered === before && inFlight > 0) await changed.wait();
    }
  };

  const jobOf = async (post: PostInput, under: string) => ({
    model: request.model,
    post: await postOf(c, post, request, urls, signal, under),
    options: optionsOf(request, c.get("deps").settings.maxTextLength),
    explain: request.explain,
    signal,
    deadline,
    caller: c.get("trace").requestId,
  });

  const worker = async () => {
    for (const requested of waiting) {
      const answer = await read(requested).catch(relataError);
      await c.get("gates").turns.next();
      signal.throwIfAborted();
      answered++;
      changed.tell();
      onOutcome({ requested, answer });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(POSTS_AT_ONCE, request.posts.length) }, worker));
  } catch (error) {
    leaving?.abort(error); // the other posts are not waited for
    if (left.aborted || closed?.aborted === true) throw callerLeft(error);
    throw error;
  }
}

/** One signal for several: joining them costs more than reading a request. */
function anyOf(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  const [only] = given;
  return given.length === 1 && only !== undefined ? only : AbortSignal.any(given);
}

/** Wakes whoever waits for a change. */
class Signal {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  tell(): void {
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }
}

function relataError(error: unknown): RelataError {
  if (error instanceof RelataError) return error;
  throw error;
}

async function postOf(
  c: ServingContext,
  { text, image, caption, entities, words }: PostInput,
  { taken, parts }: ExtractRequest,
  urls: PictureUrls,
  signal: AbortSignal,
  under: string,
): Promise<Post> {
  const { settings } = c.get("deps");
  requireTextLength(text, settings.maxTextLength);
  await c.get("gates").turns.next(); // decoding the pictures of many posts in one go would block the event loop
  const sources = { taken, parts, urls, settings, signal, traceparent: c.get("trace").traceparent };
  return {
    text,
    ...(image === undefined ? {} : { image: await pictureBytes(image, `${under}image`, sources) }),
    ...(caption === undefined ? {} : { caption }),
    ...(entities === undefined
      ? {}
      : { entities: entities.map(({ start, end, label }) => ({ start, end, label })) }),
    ...(words === undefined ? {} : { words }),
  };
}

/** By default a picture that no model can see is reported: which model answers is not the caller's business. */
function optionsOf({ options }: ExtractRequest, maxTextLength: number): ExtractionOptions {
  return { unwantedVisual: "report", ...options, maxTextLength };
}

/** @throws RelataError `serving/no-such-model` */
export function requireModel(c: ServingContext, name: string | undefined): void {
  if (name !== undefined) servedModel(c, name);
}

/** When the caller stops waiting: what the request asks for, at most what the server allows. */
function deadlineOf(c: ServingContext): number {
  const { requestTimeout } = c.get("deps").settings;
  const asked = c.req.header(TIMEOUT_NAME);
  if (asked === undefined) return Date.now() + requestTimeout * 1000;
  const seconds = /^\d{1,7}(\.\d{1,6})?$/.test(asked) ? Number(asked) : Number.NaN;
  if (!(seconds > 0))
    throw new RequestError({
      code: "serving/bad-request",
      message: `the header ${TIMEOUT_NAME} must be a number of seconds above 0`,
      place: TIMEOUT_NAME,
    });
  return Date.now() + Math.min(seconds, requestTimeout) * 1000;
}

/** Nobody is left to receive an answer. */
function callerLeft(cause: unknown): RequestError {
  return new RequestError({
    code: "serving/caller-left",
    message: "the connection closed before the answer was complete",
    fault: "work",
    cause,
  });
}
