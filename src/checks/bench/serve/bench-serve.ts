// Measures servers in turn under the same load, so that noise of the machine affects all equally, and compares their rates.

import { timing } from "../timing.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { eventLoopDelayMs, type Metrics, readMetrics, totalOf } from "./metrics.ts";
import type { LoadRequest } from "./posts.ts";

/** What to measure. */
export interface BenchServeRequest {
  /** Addresses; the first is compared with the others. */
  readonly urls: readonly string[];
  readonly requests: readonly LoadRequest[];
  /** Numbers of callers, one after the other. */
  readonly callers: readonly number[];
  /** Of each load. */
  readonly seconds: number;
  /** Loads of each server and number of callers. */
  readonly rounds: number;
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
  /** Called before each load with the number of loads that are done. */
  readonly onLoad?: ((done: number) => void) | undefined;
}

/** A load, and what the server says of it. */
export interface ServerLoad extends LoadResult {
  /** Undefined for a server that does not say. */
  readonly eventLoopDelayMs: { readonly p99: number; readonly most: number } | undefined;
  /** Mean number of posts that were read together; undefined for a server that does not say. */
  readonly postsPerBatch: number | undefined;
}

/** The loads of one server with one number of callers: the one with the median rate, and all. */
export interface ServerResult {
  readonly url: string;
  readonly callers: number;
  /** The load of the median rate. */
  readonly load: ServerLoad;
  readonly rates: readonly number[];
  /** Median over the rounds of the first server's rate over this one's; undefined for the first itself. */
  readonly ratio: number | undefined;
}

/** Sends loads to the servers in turn. @throws the signal's reason; TypeError if a server cannot be reached */
export async function benchServe(request: BenchServeRequest): Promise<readonly ServerResult[]> {
  const { urls, callers, rounds, onLoad } = request;
  const results: ServerResult[] = [];
  let done = 0;
  for (const count of callers) {
    // One short load each before the clock starts: memory is allocated, code is compiled.
    for (const url of urls) await loadOf(request, url, count, Math.min(2, request.seconds));
    const loads = urls.map((): ServerLoad[] => []);
    for (let round = 0; round < rounds; round++) {
      // Every other round in the opposite order.
      const order = round % 2 === 0 ? [...urls.keys()] : [...urls.keys()].reverse();
      for (const at of order) {
        onLoad?.(done++);
        loads[at]!.push(await loadOf(request, urls[at]!, count, request.seconds)); // keys of urls
      }
    }
    const [first = []] = loads;
    for (const [at, ofServer] of loads.entries()) {
      const rates = ofServer.map(({ postsPerSecond }) => postsPerSecond);
      const ratios = rates.map((rate, round) => (first[round]?.postsPerSecond ?? Number.NaN) / rate);
      results.push({
        url: urls[at]!,
        callers: count,
        load: medianLoad(ofServer),
        rates,
        ratio: at === 0 ? undefined : timing(ratios).median,
      });
    }
  }
  return results;
}

async function loadOf(
  { requests, token, signal }: BenchServeRequest,
  url: string,
  callers: number,
  seconds: number,
): Promise<ServerLoad> {
  const before = await readMetrics(url, token);
  const load = await runLoad({ url, requests, callers, seconds, token, signal });
  const after = await readMetrics(url, token);
  return { ...load, eventLoopDelayMs: eventLoopDelayMs(after), postsPerBatch: postsPerBatch(before, after) };
}

function postsPerBatch(before: Metrics | undefined, after: Metrics | undefined): number | undefined {
  const grown = (name: string) => totalOf(after, name) - totalOf(before, name);
  const batches = grown("relata_batch_posts_count");
  return batches > 0 ? grown("relata_batch_posts_sum") / batches : undefined;
}

function medianLoad(loads: readonly ServerLoad[]): ServerLoad {
  const sorted = [...loads].sort((a, b) => a.postsPerSecond - b.postsPerSecond);
  return sorted[Math.floor((sorted.length - 1) / 2)]!; // at least one round
}
