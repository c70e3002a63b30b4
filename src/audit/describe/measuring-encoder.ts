// Measures texts in the tokens of an encoder, without its weights.
import { resolveEncoder } from "../../encoders/folder.ts";
import { loadTokenizer } from "../../encoders/tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";

/** An encoder's tokenizer, to measure texts with. */
export interface MeasuringEncoder {
  /** As it was named. */
  readonly name: string;
  readonly tokenizer: TextTokenizer;
  /** Most tokens of a text, special tokens included. */
  readonly maxLength: number;
}

/** Opens the tokenizer of an encoder's folder or hub id. @throws EncoderError the codes of `resolveEncoder` and `loadTokenizer` */
export async function openEncoder(place: string, limit: number | undefined): Promise<MeasuringEncoder> {
  const { folder } = await resolveEncoder(place, { parts: ["tokenizer"] });
  const tokenizer = await loadTokenizer(folder);
  return { name: place, tokenizer, maxLength: limit ?? tokenizer.maxLength ?? Number.POSITIVE_INFINITY };
}
