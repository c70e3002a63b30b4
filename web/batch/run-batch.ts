// Reads many posts in requests of some at a time: waits when the server is busy, stops when cancelled, resumes with what is missing.
import { ClientError } from "../../src/client/client-error.ts";
import { problemFrom } from "../api/problem.ts";
import { pageClient } from "../api/request.ts";
import type { PostToSend, ReadOptions, Result } from "../api/types.ts";

/** Posts of one request, at most; pictures count by their bytes too. */
const CHUNK_POSTS = 32;
const CHUNK_BYTES = 6_000_000;
/** Requests at a time: one is read while the next is on its way. */
const AT_ONCE = 2;
/** Times that a request is sent again when the server is busy. */
const MOST_WAITS = 60;
const DEFAULT_WAIT_S = 2;

/** What happens meanwhile. */
export interface BatchEvents {
  onResult(index: number, result: Result): void;
  /** The server is busy: the next request is sent after this many seconds. */
  onWait(seconds: number): void;
}

/** Cuts positions into requests. */
export function chunksOf(
  posts: readonly PostToSend[],
  indices: readonly number[],
): readonly (readonly number[])[] {
  const chunks: number[][] = [];
  let bytes = 0;
  for (const index of indices) {
    const size = posts[index]?.image?.size ?? 0;
    const last = chunks.at(-1);
    if (last === undefined || last.length >= CHUNK_POSTS || bytes + size > CHUNK_BYTES) {
      chunks.push([index]);
      bytes = size;
    } else {
      last.push(index);
      bytes += size;
    }
  }
  return chunks;
}

function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, stopped) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      stopped(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      done();
    }, seconds * 1000);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Reads the posts at these positions.
 *
 * @throws the first error that is not a busy server's; results until then have been given
 */
export async function runBatch(
  posts: readonly PostToSend[],
  indices: readonly number[],
  options: ReadOptions & { readonly signal: AbortSignal },
  events: BatchEvents,
): Promise<void> {
  const waiting = [...chunksOf(posts, indices)];
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);

  const readChunk = async (chunk: readonly number[]) => {
    let missing = chunk;
    for (let waits = 0; ; waits++) {
      try {
        const asked = missing;
        const sent = asked.map((index) => posts[index] as PostToSend);
        for await (const { index, result, error } of pageClient().stream(sent, { ...options, signal })) {
          const position = asked[index];
          if (position === undefined) continue;
          missing = missing.filter((one) => one !== position);
          events.onResult(position, error ? { problem: problemFrom(error) } : result);
        }
        return;
      } catch (error) {
        const isBusy = error instanceof ClientError && (error.status === 429 || error.status === 503);
        if (!isBusy || waits >= MOST_WAITS) throw error;
        const seconds = Math.ceil(error.retryAfterSeconds || DEFAULT_WAIT_S);
        events.onWait(seconds);
        await sleep(seconds, signal);
      }
    }
  };
  const worker = async () => {
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) await readChunk(chunk);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    stop.abort(); // after a failure, the other request is ended too
  }
}
