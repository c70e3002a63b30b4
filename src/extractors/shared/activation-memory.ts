// Estimates the memory that a training step's states take.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";

/** Approximate number of states that one training step keeps per token: measured on BERT-base at 16 x 64 tokens, rounded up. */
const STATES_PER_LAYER = { hidden: 22, intermediate: 6 };

/** Bytes of the states of one forward and backward pass over that many padded tokens. */
export function activationBytes(
  { layers, hiddenSize, intermediateSize }: TextEncoderConfig,
  batchTokens: number,
): number {
  const perToken =
    layers * (STATES_PER_LAYER.hidden * hiddenSize + STATES_PER_LAYER.intermediate * intermediateSize);
  return 4 * batchTokens * perToken;
}
