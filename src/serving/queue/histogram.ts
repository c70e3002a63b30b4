// Counts of measurements by size, for the metrics of the server.
import type { Histogram } from "../service.ts";

/** Bounds of seconds, as Prometheus' own clients have them. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** Bounds of posts in a batch. */
export const POSTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;

/** Collects measurements. */
export class HistogramCounter implements Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = [...bounds, 0].map(() => 0);
  }

  add(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound);
    const index = at < 0 ? this.bounds.length : at;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }
}
