// How many native calls run at a time.

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
