// Lets a bounded number of native calls run at a time, first come, first served.

/**
 * Native calls run on libuv's pool of four threads, which files and DNS need too, and koffi refuses a call once 256 wait.
 * A run computes on all cores anyway, so more of them at once would only cost memory.
 */
export const MAX_RUNS_AT_ONCE = 2;

/** A counting semaphore whose uncontended path is synchronous. */
export class RunGate {
  readonly #limit: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Undefined when the caller may go on at once, else a promise that resolves when it may. */
  enter(): Promise<void> | undefined {
    if (this.#inside < this.#limit) {
      this.#inside++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Passes the place on to the next in line, or frees it. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside--;
    else next();
  }
}
