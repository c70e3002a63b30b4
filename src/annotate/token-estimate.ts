// Estimates tokens and money before anything is asked. Tokenisers differ between models, so these are rough; what a server reports replaces them.
import { Buffer } from "node:buffer";
import type { AnnotatorSettings } from "./annotator-settings.ts";
import type { Question } from "./prompt.ts";

/** English text has four bytes per token in common tokenisers; other scripts have fewer characters, but more bytes each. */
const BYTES_PER_TOKEN = 4;
/** What chat templates add to a turn. */
const TOKENS_PER_TURN = 5;
/** Pixels per token of a picture. Services count between 196 and 1,024; a low number estimates high. */
const PIXELS_PER_TOKEN = 750;
/** Tokens of a typical answer: a few mentions of 25 tokens each. */
const USUAL_ANSWER_TOKENS = 150;

/** Tokens of one call. */
export interface TokenEstimate {
  readonly input: number;
  readonly output: number;
}

/** Tokens that one call about a question is likely to take. */
export function tokensOf(
  { turns, picture }: Question,
  { maxTokens, pictureSide }: Pick<AnnotatorSettings, "maxTokens" | "pictureSide">,
): TokenEstimate {
  const text = turns.reduce(
    (sum, turn) => sum + Math.ceil(Buffer.byteLength(turn.text) / BYTES_PER_TOKEN) + TOKENS_PER_TURN,
    0,
  );
  const pixels = picture === null ? 0 : Math.ceil(pictureSide ** 2 / PIXELS_PER_TOKEN);
  return { input: text + pixels, output: Math.min(maxTokens, USUAL_ANSWER_TOKENS) };
}

/** The price of tokens. */
export function priceOf(
  { input, output }: TokenEstimate,
  {
    pricePerMillionInput,
    pricePerMillionOutput,
  }: Pick<AnnotatorSettings, "pricePerMillionInput" | "pricePerMillionOutput">,
): number {
  return (input * pricePerMillionInput + output * pricePerMillionOutput) / 1_000_000;
}
