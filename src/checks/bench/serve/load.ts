// A closed loop of callers: each sends a post, waits for its answer and sends the next, until the time is over.
import { Pool } from "undici";
import type { LoadRequest } from "./posts.ts";

/** What a load asks, and how. */
export interface LoadOptions {
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  readonly callers: number;
  readonly seconds: number;
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
}

/** What came of a load. */
export interface LoadResult {
  readonly callers: number;
  /** Posts with an answer of status 200. */
  readonly posts: number;
  readonly postsPerSecond: number;
  /** Milliseconds from sending a post to the end of its answer. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly most: number;
  };
  /** Other ends of requests: by the code of the answer's problem, its status, or the code of the connection's failure. */
  readonly errors: Readonly<Record<string, number>>;
}

const PAUSE_AFTER_FAILURE_MS = 20; // a refused caller who asks again at once would measure only how fast the server refuses

/** Runs a load. @throws the signal's reason */
export async function runLoad({
  url,
  requests,
  callers,
  seconds,
  token,
  signal,
}: LoadOptions): Promise<LoadResult> {
  const { origin, pathname } = new URL(url);
  const path = `${pathname.replace(/\/$/, "")}/v1/extract`;
  const pool = new Pool(origin, { connections: callers, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const latencies: number[] = [];
  const errors: Record<string, number> = {};
  const begun = performance.now();
  const end = begun + seconds * 1000;
  let next = 0;
  let last = begun;
  const call = async () => {
    while (performance.now() < end) {
      signal.throwIfAborted();
      const { body, contentType } = requests[next++ % requests.length]!; // at least one, see loadRequests
      const sent = performance.now();
      const outcome = await sendPost(pool, { path, body, contentType, token });
      const now = performance.now();
      last = Math.max(last, now);
      if (outcome === undefined) latencies.push(now - sent);
      else {
        errors[outcome] = (errors[outcome] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_FAILURE_MS));
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, call));
  } finally {
    await pool.close();
  }
  const sorted = latencies.sort((a, b) => a - b);
  return {
    callers,
    posts: sorted.length,
    postsPerSecond: sorted.length / ((last - begun) / 1000),
    latencyMs: {
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      p99: quantile(sorted, 0.99),
      most: sorted.at(-1) ?? Number.NaN,
    },
    errors,
  };
}

/** Sends a post; undefined after an answer, else a name for what came instead. */
async function sendPost(
  pool: Pool,
  post: LoadRequest & { readonly path: string; readonly token: string | undefined },
): Promise<string | undefined> {
  try {
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: post.path,
      body: post.body,
      headers: {
        "content-type": post.contentType,
        ...(post.token === undefined ? {} : { authorization: `Bearer ${post.token}` }),
      },
    });
    const text = await body.text();
    return statusCode === 200 ? undefined : problemCode(text, statusCode);
  } catch (error) {
    return String((error as { code?: unknown }).code ?? (error as Error).name);
  }
}

function problemCode(text: string, status: number): string {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === "string" ? code : `status ${status}`;
  } catch (error) {
    if (error instanceof SyntaxError) return `status ${status}`;
    throw error;
  }
}

/** The smallest value that at least the share of the sorted values does not exceed; NaN without values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
