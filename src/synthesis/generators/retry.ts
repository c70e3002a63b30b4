// Retries temporary failures: exponential backoff with full jitter, and the wait that a server asks for.
import { type ErrorDetails, SynthesisError } from "../../base/errors.ts";
import { pause } from "./deadline.ts";
import { NotAskedError } from "./generator.ts";

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly times: number;
  /** Backoff before the first repetition; doubles with each one. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Does not wait for a server that asks for more. */
  readonly longestRetryAfterMs: number;
}

/** The outcome of one attempt. Permanent failures are thrown, or have `isFinal`. */
export type Attempt<T> =
  | { readonly state: "done"; readonly value: T }
  | {
      readonly state: "failed";
      readonly error: ErrorDetails;
      /** The wait that the server asks for. */
      readonly waitMs?: number | undefined;
      /** The request reached no server. */
      readonly isNotAsked?: boolean;
      /** Another attempt would fail the same way. */
      readonly isFinal?: boolean;
    };

/**
 * Attempts until one is done or the policy's number is reached.
 *
 * @param random uniform in [0, 1); jitter keeps callers that failed together from coming back together
 * @throws SynthesisError the last attempt's error, its message with the number of attempts; `synthesis/asked-to-wait`. A NotAskedError when
 * no attempt reached anybody
 */
export async function retrying<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: () => Promise<Attempt<T>>,
  random: () => number = Math.random,
): Promise<T> {
  let wasAsked = false;
  for (let failures = 0; ; ) {
    const outcome = await attempt();
    if (outcome.state === "done") return outcome.value;
    failures++;
    const { error, waitMs, isNotAsked = false, isFinal = false } = outcome;
    wasAsked ||= !isNotAsked;
    if (isFinal || failures > policy.times) {
      const attempts = failures === 1 ? "1 attempt" : `${failures} attempts`;
      const message = isFinal && failures === 1 ? error.message : `${error.message} (${attempts})`;
      throw new (wasAsked ? SynthesisError : NotAskedError)({ ...error, message });
    }
    if (waitMs !== undefined && waitMs > policy.longestRetryAfterMs) {
      throw new SynthesisError({
        ...error,
        code: "synthesis/asked-to-wait",
        message: `${error.message}; the server asks for a wait of ${Math.ceil(waitMs / 1000)} s, more than retry.longestRetryAfterMs allows (${policy.longestRetryAfterMs} ms)`,
        remedy:
          "Run the command again later (what was generated is kept), or raise retry.longestRetryAfterMs.",
      });
    }
    await pause(waitBefore(policy, failures, waitMs, random), signal);
  }
}

/** Milliseconds before repetition number `failures` (from 1): full jitter below the doubled backoff, on top of what the server asks for. */
export function waitBefore(
  policy: RetryPolicy,
  failures: number,
  askedMs: number | undefined,
  random: () => number,
): number {
  if (askedMs !== undefined) return askedMs + random() * policy.firstWaitMs;
  return random() * Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (failures - 1));
}

/** Milliseconds that a Retry-After header asks for: seconds or an HTTP date (RFC 9110, 10.2.3); undefined when it says neither. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const value = header.trim();
  // Fractions are not in the standard, but some servers send them.
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  // A date begins with its weekday; Date.parse alone would take "-5" for a year. All of HTTP's dates are GMT, the oldest form unsaid.
  if (!/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const date = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
