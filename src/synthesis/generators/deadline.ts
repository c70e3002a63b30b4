// Time limits for work, and waits that a signal interrupts.
import { setMaxListeners } from "node:events";
import { setTimeout as timer } from "node:timers/promises";

/**
 * Runs work under a signal that fires with the given one or after `timeoutMs`. Rejects with the signal's
 * reason or the error of `timedOut`. (Not `AbortSignal.any`: it keeps every signal it made as long as its
 * sources live, and ours lives as long as the run.)
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  timeoutMs: number,
  timedOut: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  expectManyListeners(signal);
  const controller = new AbortController();
  const forward = () => controller.abort(signal.reason);
  signal.addEventListener("abort", forward, { once: true });
  const clock = setTimeout(() => controller.abort(timedOut()), timeoutMs);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(clock);
    signal.removeEventListener("abort", forward);
  }
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  expectManyListeners(signal);
  try {
    await timer(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** All calls of a run listen to one signal; beyond ten of them Node would warn of a leak. */
function expectManyListeners(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}
