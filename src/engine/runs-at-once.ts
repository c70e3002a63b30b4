// The number of native calls that run at a time.

/** Default size of libuv's thread pool; UV_THREADPOOL_SIZE changes it at process start. */
const DEFAULT_POOL = 4;
/** Threads left for files and DNS. */
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
