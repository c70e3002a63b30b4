// The client of a server: typed calls that wait when the server asks to, and try again.
import type { Model, PostToRead, Problem, Result } from "./api-types.ts";
import { ClientError, errorOfProblem, errorOfResponse, unreachable } from "./client-error.ts";
import { inOrder } from "./in-order.ts";
import { bodyOfMany, bodyOfOne, type RequestBody, type RequestOptions } from "./request-body.ts";
import { retrying } from "./retrying.ts";
import { serverSentEvents } from "./server-sent-events.ts";

/** Where the server is, and how to ask it. */
export interface ClientOptions {
  /** The server's address, such as `http://127.0.0.1:8080`. */
  readonly url: string | URL;
  /** A bearer token, if the server has any. */
  readonly token?: string | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Further attempts when the server is full, closing or cannot be reached; default 3. */
  readonly retries?: number | undefined;
}

/** How to ask about one post. */
export interface CallOptions extends RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** The server gives up after this time; default and limit: its own. */
  readonly timeoutSeconds?: number | undefined;
}

/** How to ask about many posts. */
export interface ManyOptions extends CallOptions {
  /** Requests at the same time; default 8. */
  readonly concurrency?: number | undefined;
}

/** What came of one post of many. */
export type PostOutcome<P extends PostToRead = PostToRead> =
  | { readonly post: P; readonly result: Result; readonly error?: never }
  | { readonly post: P; readonly error: ClientError; readonly result?: never };

/** What came of one post of a stream; `index` is its position in the request. */
export type StreamOutcome =
  | { readonly index: number; readonly id?: string; readonly result: Result; readonly error?: never }
  | { readonly index: number; readonly id?: string; readonly error: ClientError; readonly result?: never };

/** Whether a server lives, and whether its models answer. */
export interface Health {
  readonly alive: boolean;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly problem?: Problem | undefined;
}

/** Asks a server. */
export interface Client {
  /**
   * Reads one post.
   *
   * @throws ClientError; the signal's reason
   */
  extract(post: PostToRead, options?: CallOptions): Promise<Result>;
  /**
   * Reads many posts, some at a time, and yields their outcomes in the order of the posts. A post that the server refuses has an error as its
   * outcome.
   *
   * @throws ClientError if the server cannot be reached or knows no such token or model; the signal's reason
   */
  extractMany<P extends PostToRead>(
    posts: Iterable<P> | AsyncIterable<P>,
    options?: ManyOptions,
  ): AsyncGenerator<PostOutcome<P>, void, undefined>;
  /**
   * Sends many posts in one request, and yields their outcomes in the order in which they are read.
   *
   * @throws ClientError; the signal's reason
   */
  stream(posts: readonly PostToRead[], options?: CallOptions): AsyncGenerator<StreamOutcome, void, undefined>;
  /** The models that the server has, the default one first. @throws ClientError */
  models(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly Model[]>;
  /** Whether the server lives and is ready; a server that cannot be reached is neither. */
  health(options?: { readonly signal?: AbortSignal | undefined }): Promise<Health>;
}

const RETRIES = 3;
const CONCURRENCY = 8;
/** Statuses that every further post would be answered with too. */
const OF_ALL_POSTS = new Set([401, 403, 404, 405, 421]);

/**
 * Returns a client of the server at an address. Works in Node, browsers and Deno.
 *
 * @throws ClientError `client/wrong-option`
 * @example
 * import { createClient } from "relata/client";
 *
 * const client = createClient({ url: "http://127.0.0.1:8080" });
 * const { entities, relations } = await client.extract({ text: "Ada met Bo in Rome" });
 */
export function createClient({ url, token, fetch: ask = fetch, retries = RETRIES }: ClientOptions): Client {
  const base = baseOf(url);
  requireCount("retries", retries, 0);

  async function send(path: string, init: RequestInit, timeoutSeconds?: number): Promise<Response> {
    const address = new URL(path, base);
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    if (timeoutSeconds !== undefined) headers.set("relata-timeout", String(timeoutSeconds));
    try {
      return await ask(address, { ...init, headers });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw unreachable(address, error);
    }
  }

  /** Sends until there is a success. */
  function success(
    path: string,
    init: RequestInit,
    options: CallOptions,
    tries = retries,
  ): Promise<Response> {
    const { signal, timeoutSeconds } = options;
    return retrying(
      async () => {
        const response = await send(path, { ...init, ...(signal ? { signal } : {}) }, timeoutSeconds);
        if (response.ok) return response;
        throw errorOfResponse(response, await textOf(response, signal));
      },
      { retries: tries, signal },
    );
  }

  function posted({ body, headers }: RequestBody): RequestInit {
    return { method: "POST", body, headers };
  }

  async function extract(post: PostToRead, options: CallOptions = {}): Promise<Result> {
    const response = await success("v1/extract", posted(bodyOfOne(post, requestOf(options))), options);
    return await jsonOf<Result>(response, options.signal);
  }

  return {
    extract,
    extractMany(posts, options = {}) {
      const { concurrency = CONCURRENCY, ...rest } = options;
      requireCount("concurrency", concurrency, 1);
      return inOrder(posts, concurrency, async (post) => {
        try {
          return { post, result: await extract(post, rest) };
        } catch (error) {
          if (!(error instanceof ClientError) || error.status === undefined || OF_ALL_POSTS.has(error.status))
            throw error;
          return { post, error };
        }
      });
    },
    async *stream(posts, options = {}) {
      const body = posted(bodyOfMany(posts, requestOf(options)));
      const response = await success("v1/extract/stream", body, options);
      if (response.body === null) throw unreadable(response, "it has no body");
      const events = serverSentEvents(response.body);
      try {
        for (;;) {
          const next = await reading(response, events.next(), options.signal);
          if (next.done) throw unreadable(response, "the stream ended before all posts were read");
          if (next.value.event === "done") return;
          if (next.value.event === "error")
            throw errorOfProblem(parsed(next.value.data, response) as Problem);
          if (next.value.event === "result") yield outcomeOf(parsed(next.value.data, response));
        }
      } finally {
        await events.return(); // also when the caller stops early: the server then reads no further posts
      }
    },
    async models({ signal } = {}) {
      const response = await success("v1/models", {}, { signal });
      return (await jsonOf<{ models: readonly Model[] }>(response, signal)).models;
    },
    async health({ signal } = {}) {
      let alive = false;
      try {
        await textOf(await success("healthz", {}, { signal }, 0), signal);
        alive = true;
        await textOf(await success("readyz", {}, { signal }, 0), signal);
        return { alive, ready: true };
      } catch (error) {
        if (error instanceof ClientError) return { alive, ready: false, problem: error.problem };
        throw error;
      }
    },
  };
}

function requestOf({ signal: _, timeoutSeconds: __, ...request }: CallOptions): RequestOptions {
  return request;
}

function outcomeOf(event: unknown): StreamOutcome {
  const { index, problem, ...result } = event as { index: number; problem?: Problem } & Result;
  const id = result.id === undefined ? {} : { id: result.id };
  return problem === undefined ? { index, ...id, result } : { index, ...id, error: errorOfProblem(problem) };
}

async function jsonOf<T>(response: Response, signal: AbortSignal | undefined): Promise<T> {
  return parsed(await textOf(response, signal), response) as T; // the server's document describes it
}

function textOf(response: Response, signal: AbortSignal | undefined): Promise<string> {
  return reading(response, response.text(), signal);
}

/** Waits for a part of an answer; a connection that breaks meanwhile is an answer that cannot be used. */
async function reading<T>(response: Response, part: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await part;
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(response, `the connection broke (${(error as Error).message})`, error);
  }
}

function parsed(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(response, `it is not JSON: ${(error as Error).message}`, error);
  }
}

function baseOf(url: string | URL): URL {
  let base: URL;
  try {
    base = new URL(url);
  } catch (cause) {
    throw wrongOption("url", `${JSON.stringify(String(url))} is not an address`, cause);
  }
  if (!/^https?:$/.test(base.protocol)) throw wrongOption("url", `${base.href} is not http or https`);
  if (!base.pathname.endsWith("/")) base.pathname += "/"; // else the last part of a prefix would be replaced
  return base;
}

function requireCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw wrongOption(name, `${name} must be a whole number of at least ${least}, got ${value}`);
}

function wrongOption(place: string, message: string, cause?: unknown): ClientError {
  return new ClientError({
    code: "client/wrong-option",
    message,
    place,
    remedy: "Correct this option of the client.",
    cause,
  });
}

function unreadable({ url, status }: Response, why: string, cause?: unknown): ClientError {
  return new ClientError({
    code: "client/unreadable-answer",
    message: `the answer cannot be used: ${why}`,
    place: url,
    remedy: "Send the request again. If it happens again, check what stands between here and the server.",
    status,
    cause,
  });
}
