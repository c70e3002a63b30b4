// A training and its scores on the way, in the benchmark of time to a score.

/** One evaluation of a training. */
export interface ScorePoint {
  /** Passes over the training examples. */
  readonly epochs: number;
  /** Training until here, with what was computed before the first step; evaluations are not counted. */
  readonly seconds: number;
  /** Processor time of the same spans, over all threads: other work on the machine changes it less. Absent where a reference does not tell. */
  readonly processorSeconds: number | undefined;
  /** Micro F1 on the validation documents. */
  readonly f1: number;
}

/** A training and its evaluations. */
export interface ScoredTraining {
  readonly name: string;
  /** Seconds of what was computed before the first step: states of frozen layers. */
  readonly preparation: number;
  readonly points: readonly ScorePoint[];
  /** What a reference says of itself: precision and rate of its matrix products. */
  readonly description: Readonly<Record<string, unknown>>;
}
