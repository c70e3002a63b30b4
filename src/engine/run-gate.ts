// Lets a bounded number of native calls run at a time, first come, first served.

/** Threads of libuv's pool unless UV_THREADPOOL_SIZE says otherwise, when the process starts. */
const DEFAULT_POOL = 4;
/** What is left to files and DNS. */
const RESERVED = 2;

/**
 * Native calls run on libuv's pool of threads, which files and DNS need too, and koffi refuses a call once 256 wait. Two at a time with
 * the pool's usual four threads; start Node with a larger UV_THREADPOOL_SIZE to let more runs share many cores.
 */
export const MAX_RUNS_AT_ONCE = Math.max(2, poolThreads() - RESERVED);

function poolThreads(): number {
  const size = Number(process.env.UV_THREADPOOL_SIZE ?? DEFAULT_POOL);
  return Number.isInteger(size) && size > 0 ? size : DEFAULT_POOL;
}

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
