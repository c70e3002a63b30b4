// Chooses among timed providers: the fastest whose gradients are those of the default, and the default unless one gains clearly.

/** What the choice looks at. */
export interface Measured {
  readonly name: string;
  /** Flags of the command line; empty for the default. */
  readonly flags: string;
  /** Times over the default's: below 1 it is faster. */
  readonly trainingRatio: number;
  readonly predictionRatio: number;
  /** Norm of the difference from the default's gradients over their norm. */
  readonly gradients: { readonly ofNorm: number };
  /** The largest such difference that counts as the same training. */
  readonly tolerance: number;
}

/** What to choose for each kind of work. */
export interface Advice {
  readonly training: Choice;
  readonly prediction: Choice;
}

export interface Choice {
  readonly name: string;
  /** Flags of the command line; empty for the default. */
  readonly flags: string;
  /** Its time over the default's. */
  readonly ratio: number;
}

/** Smaller gains can be chance on a machine that does other work. */
const CLEAR_GAIN = 0.95;

/** The first of `timed` is the default. */
export function advise(timed: readonly Measured[]): Advice {
  const sound = timed.filter(({ gradients, tolerance }) => gradients.ofNorm <= tolerance);
  return {
    training: fastest(sound, ({ trainingRatio }) => trainingRatio),
    prediction: fastest(sound, ({ predictionRatio }) => predictionRatio),
  };
}

function fastest(sound: readonly Measured[], ratioOf: (one: Measured) => number): Choice {
  const clear = sound.filter((one) => ratioOf(one) < CLEAR_GAIN).sort((a, b) => ratioOf(a) - ratioOf(b));
  const [best] = clear;
  return best === undefined
    ? { name: "default", flags: "", ratio: 1 }
    : { name: best.name, flags: best.flags, ratio: ratioOf(best) };
}
