// How much room a run needs on the disk: while it trains, and after it has ended.
import type { Kept } from "./options.ts";

/** Bytes on the disk, without logs. */
export interface DiskEstimate {
  /** The most at any time: folders are written beside the ones that they replace. */
  readonly peakBytes: number;
  /** What is left when the run has ended. */
  readonly keptBytes: number;
}

/** What determines a run's files. */
export interface DiskNeed {
  /** Bytes of all weights. */
  readonly weightBytes: number;
  /** Bytes of the optimiser's state. */
  readonly optimizerBytes: number;
  /** Checkpoints that are kept while the run trains. */
  readonly checkpoints: number;
  /** Whether a best model is kept. */
  readonly best: boolean;
  readonly kept: Kept;
}

/** Estimates the room of a run. */
export function estimateDisk(need: DiskNeed): DiskEstimate {
  const { weightBytes, optimizerBytes, checkpoints, kept } = need;
  const checkpoint = weightBytes + optimizerBytes;
  const best = need.best ? weightBytes : 0;
  const last = kept === "best" && need.best ? 0 : weightBytes;
  return {
    peakBytes: (checkpoints + 1) * checkpoint + 2 * best, // all of them while the newest is written
    keptBytes: best + last + (kept === "all" ? checkpoints * checkpoint : 0),
  };
}
