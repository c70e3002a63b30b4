// A split whose features were measured: what findings are made of.
import type { RowReference } from "../finding.ts";
import type { FeaturePower, Predictability } from "./predictability.ts";

/** A measured split. */
export interface MeasuredSplit {
  readonly split: string;
  readonly predictability: Predictability;
  readonly powers: readonly FeaturePower[];
  /** The score that a feature must exceed. */
  readonly bar: number;
  /** Of each slot: where its document stands, and its cluster. */
  readonly places: readonly RowReference[];
  readonly clusters: readonly number[];
}
