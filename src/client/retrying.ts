// Sends a request again when the server asks to wait, is closing or cannot be reached. Reading a post twice does no harm.
import { ClientError } from "./client-error.ts";

/** Statuses after which the same request may succeed: too many posts, a proxy without its server, a server that starts or closes. */
const PASSING = new Set([429, 502, 503]);
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 20_000; // of waits that the server did not ask for

/** How often to try, and how to wait. */
export interface Retrying {
  /** Further attempts after the first. */
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed `retries` times more. It waits as long as `Retry-After` says, else twice as
 * long as before, and up to half as long again, so that callers do not all return at once.
 *
 * @throws the last error; the signal's reason
 */
export async function retrying<T>(attempt: () => Promise<T>, { retries, signal }: Retrying): Promise<T> {
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (failures >= retries || !(error instanceof ClientError) || !mayPass(error)) throw error;
      await sleep(waitOf(error, failures) * (1 + Math.random() / 2), signal);
    }
  }
}

function mayPass({ code, status }: ClientError): boolean {
  return code === "client/unreachable" || (status !== undefined && PASSING.has(status));
}

/** Milliseconds to wait at least. */
function waitOf({ retryAfterSeconds }: ClientError, failures: number): number {
  if (retryAfterSeconds !== undefined && retryAfterSeconds > 0) return 1000 * retryAfterSeconds;
  return Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const leave = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, ms);
    signal?.addEventListener("abort", leave, { once: true });
  });
}
