// Converts patterns of a tokenizer.json to JavaScript expressions; the tokenizer library translates from
// Oniguruma.
import * as library from "@huggingface/tokenizers";
import { EncoderError } from "../../base/errors.ts";
import { BoundedPattern } from "./bounded-pattern.ts";

// The library's declaration files import each other without extensions, which NodeNext resolution rejects.
const { SplitPreTokenizer } = library as unknown as {
  SplitPreTokenizer: new (config: {
    readonly type: "Split";
    readonly pattern: unknown;
    readonly invert: boolean;
  }) => { readonly pattern: RegExp };
};

/** Published patterns have a few hundred letters; translating very long ones is slow. */
const MAX_PATTERN_LENGTH = 20_000;

/**
 * A global, Unicode-aware expression for `{ "String": ... }` or `{ "Regex": ... }`, bounded in time.
 *
 * @throws EncoderError `encoder/unsupported-pattern` if the expression cannot be translated, or is very long.
 */
export function compilePattern(pattern: unknown, place: string): RegExp {
  const fault = (cause?: unknown): EncoderError =>
    new EncoderError({
      code: "encoder/unsupported-pattern",
      message: `the pattern ${JSON.stringify(pattern)?.slice(0, 300)} cannot be used`,
      place,
      value: pattern,
      cause,
      remedy: "Use a tokenizer whose patterns can be expressed in JavaScript.",
    });
  if (typeof pattern !== "object" || pattern === null) throw fault();
  const { Regex: regex, String: string } = pattern as { Regex?: unknown; String?: unknown };
  const text = regex ?? string;
  if (typeof text !== "string" || text.length > MAX_PATTERN_LENGTH) throw fault();
  try {
    const translated = new SplitPreTokenizer({ type: "Split", pattern, invert: true }).pattern;
    return new BoundedPattern(translated, place);
  } catch (cause) {
    throw fault(cause);
  }
}
