// The peak learning rates of a run: those of its configuration, and by rule those that it leaves out.
import type { Config } from "../../config/schema.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";

/** Measured on 100 to 1,000 documents with an encoder of width 384 (docs/measurements.md). */
const NARROW_RATE = 2e-4;
/** Wider encoders need smaller steps: this over the square of the width is the usual 5e-5 of base models and 3e-5 of large ones. */
const RATE_BY_WIDTH = 30;
/** Of what starts from random weights. */
const HEAD_RATE = 1e-3;
const TAGGER_RATE = 5e-3;

/** Peak learning rates by part of the model. */
export interface LearningRates {
  readonly encoder: number;
  readonly heads: number;
  readonly tagger: number;
}

/** The rates of a run with this encoder. */
export function learningRatesOf(
  training: Config["training"],
  { hiddenSize }: Pick<TextEncoderConfig, "hiddenSize">,
): LearningRates {
  const { learningRate = Math.min(NARROW_RATE, RATE_BY_WIDTH / hiddenSize ** 2) } = training;
  const { headLearningRate = Math.max(HEAD_RATE, learningRate) } = training;
  const { taggerLearningRate = Math.max(TAGGER_RATE, headLearningRate) } = training;
  return { encoder: learningRate, heads: headLearningRate, tagger: taggerLearningRate };
}
