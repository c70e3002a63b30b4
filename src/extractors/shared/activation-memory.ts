// Estimates the memory that a training step's states take.
import { statesPerPair } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";

/** Approximate number of states that one training step keeps per token: measured on BERT-base at 16 x 64 tokens, rounded up. */
const STATES_PER_LAYER = { hidden: 22, intermediate: 6 };

/**
 * Bytes of the states of one forward and backward pass over that many padded tokens.
 *
 * @param length tokens of the longest text: some encoders also keep states per pair of tokens
 */
export function activationBytes(config: TextEncoderConfig, batchTokens: number, length: number): number {
  const { layers, hiddenSize, intermediateSize, heads } = config;
  const { hidden, intermediate } = STATES_PER_LAYER;
  const perToken =
    hidden * hiddenSize + intermediate * intermediateSize + statesPerPair(config) * heads * length;
  return 4 * batchTokens * layers * perToken;
}
