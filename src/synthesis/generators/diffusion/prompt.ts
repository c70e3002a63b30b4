// Prompts for CLIP's text encoder: truncated or padded to its number of positions.
import type { TextTokenizer } from "../../../encoders/tokenizing/tokenizer.ts";

/** Positions of CLIP's text encoder; used where tokenizer_config.json names no length. */
const CLIP_LENGTH = 77;

export interface PromptTokens {
  readonly ids: readonly number[];
  /** Number of tokens that did not fit. */
  readonly cut: number;
}

/**
 * Start, the text's tokens, end, padding; tokens that do not fit are left out at the end. Where padding is a common mark (Stable
 * Diffusion 2 pads with "!"), that mark in a text is the mark, as in training; diffusers takes it for padding there, too.
 */
export function promptTokens(tokenizer: TextTokenizer, prompt: string): PromptTokens {
  const length = tokenizer.maxLength ?? CLIP_LENGTH;
  const { prefixIds, suffixIds } = tokenizer;
  const room = length - prefixIds.length - suffixIds.length;
  // As one word: CLIP's own rules find the words in it, where ours would cut "n't" and links differently.
  const text = tokenizer.encodeWord(prompt).map(({ id }) => id);
  const kept = [...prefixIds, ...text.slice(0, room), ...suffixIds];
  const padding = new Array<number>(length - kept.length).fill(tokenizer.padId);
  return { ids: [...kept, ...padding], cut: Math.max(text.length - room, 0) };
}
