// The error for a tokenizer file with unusable content.
import { EncoderError } from "../../base/errors.ts";

/** `encoder/bad-tokenizer` */
export function badTokenizer(place: string, what: string): EncoderError {
  return new EncoderError({
    code: "encoder/bad-tokenizer",
    message: `${place}: ${what}`,
    place,
    remedy: "Download all tokenizer files of the model again.",
  });
}
