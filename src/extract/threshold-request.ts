// What `setThresholds` is asked for, and the thresholds that it gives.
import type { ThresholdAim, Thresholds, Unreached } from "../evaluation/thresholds.ts";
import type { VerifyOptions } from "../extractors/shared/verify-model.ts";

/** Which model gets thresholds, and what for. */
export interface ThresholdRequest extends VerifyOptions {
  /** Folder of a bundle, or of a model. */
  readonly model: string;
  /** A precision above 0 and below 1 for each label, its best F1, or "none": the thresholds are removed. */
  readonly aim: ThresholdAim | "none";
  /** What happens to a label that cannot reach the precision: it takes the threshold of its best one (the default), or it is never reported. */
  readonly unreached?: Unreached | undefined;
}

/** The thresholds of a bundle's models, or of one model. */
export interface ModelThresholds {
  readonly entities?: Thresholds | undefined;
  readonly relations?: Thresholds | undefined;
  readonly categories?: Thresholds | undefined;
}
