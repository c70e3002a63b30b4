// A finding of an audit: one sentence with one number that a reader can reproduce, and the rows it is about.

import type { FindingCode } from "../base/codes/error-code.ts";

/** `error`: scores on this data mislead. `warning`: they may. `note`: worth knowing. */
export type Severity = "error" | "warning" | "note";

/** A row of a data file. */
export interface RowReference {
  /** The file as it was named on the command line. */
  readonly file: string;
  /** The row's first line, from 1; in formats without lines its number, from 1. */
  readonly row: number;
  /** The document's id. */
  readonly id: string;
}

/** What an audit found. */
export interface Finding {
  /** Names the kind, for ignore lists and `relata explain`: `leak/side-feature`, `label/suspicious`. */
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What it was found in: `crops: count`, `text`, `relation per/per/peer`. */
  readonly feature: string;
  /** The split or splits by their names, such as `train` or `train / validation`. */
  readonly split: string;
  /** The number of the sentence; its meaning and unit depend on the code. Within a code, larger is worse. */
  readonly strength: number;
  /** 95 % interval of the number, if it was estimated. */
  readonly interval: readonly [low: number, high: number] | null;
  /** The rows, the most telling first; at most `MAX_ROWS`, the sentence says how many there are. */
  readonly rows: readonly RowReference[];
  /** What was found, in one sentence with its number. */
  readonly sentence: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Rows that a finding lists at most: enough to look at, few enough for one million documents. */
export const MAX_ROWS = 1000;
