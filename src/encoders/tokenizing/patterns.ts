// Patterns of a tokenizer.json as JavaScript expressions; the translation from Oniguruma is the tokenizer library's.
import * as library from "@huggingface/tokenizers";
import { EncoderError } from "../../errors.ts";

// The library's declaration files import each other without extension, which NodeNext resolution refuses.
const { SplitPreTokenizer } = library as unknown as {
  SplitPreTokenizer: new (config: {
    readonly type: "Split";
    readonly pattern: unknown;
    readonly invert: boolean;
  }) => { readonly pattern: RegExp };
};

/**
 * A global, Unicode-aware expression for `{ "String": ... }` or `{ "Regex": ... }`.
 *
 * @throws EncoderError `encoder/unsupported-pattern` when the expression cannot be translated.
 */
export function compilePattern(pattern: unknown, place: string): RegExp {
  const fault = (cause?: unknown): EncoderError =>
    new EncoderError({
      code: "encoder/unsupported-pattern",
      message: `loadTokenizer: the pattern ${JSON.stringify(pattern)} cannot be used`,
      place,
      value: pattern,
      cause,
      remedy: "Use a tokenizer whose patterns JavaScript can express.",
    });
  if (typeof pattern !== "object" || pattern === null) throw fault();
  if (!("Regex" in pattern) && !("String" in pattern)) throw fault();
  try {
    return new SplitPreTokenizer({ type: "Split", pattern, invert: true }).pattern;
  } catch (cause) {
    throw fault(cause);
  }
}
