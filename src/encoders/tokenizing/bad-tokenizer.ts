// The error about a tokenizer's file whose content cannot be used.
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
