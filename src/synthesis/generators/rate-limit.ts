// Spaces the requests of one generator evenly, and pauses them all while its server asks to wait.
import { pause } from "./deadline.ts";

/** Turns are given in the order of asking; a turn whose taker gives up is lost, so the limit is never exceeded. */
export class RateLimit {
  readonly #spacingMs: number;
  readonly #now: () => number;
  #next = Number.NEGATIVE_INFINITY;
  #heldUntil = Number.NEGATIVE_INFINITY;

  /** `requestsPerMinute` undefined: no rate limit, only `hold`. */
  constructor(requestsPerMinute: number | undefined, now: () => number = () => performance.now()) {
    this.#spacingMs = requestsPerMinute === undefined ? 0 : 60_000 / requestsPerMinute;
    this.#now = now;
  }

  /** Resolves when the next request may start. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (;;) {
      const slot = Math.max(this.#now(), this.#next, this.#heldUntil);
      this.#next = slot + this.#spacingMs;
      // Timers may fire a little early.
      for (let wait = slot - this.#now(); wait > 0; wait = slot - this.#now()) await pause(wait, signal);
      if (this.#heldUntil <= this.#now()) return;
    }
  }

  /** Blocks all requests for the next `ms`, even those that already have a turn. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#now() + ms);
  }
}
