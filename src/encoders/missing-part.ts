// Recognises errors about a missing part of an encoder, which a download or the user can restore.
import type { KnownErrorCode } from "../base/codes/error-code.ts";
import { EncoderError } from "../base/errors.ts";

const MISSING_PARTS: readonly KnownErrorCode[] = [
  "encoder/no-config",
  "encoder/no-external-weights",
  "encoder/no-model-file",
  "encoder/no-padding-token",
  "encoder/no-preprocessor",
  "encoder/no-shard",
  "encoder/no-such-folder",
  "encoder/no-such-input",
  "encoder/no-such-model",
  "encoder/no-such-output",
  "encoder/no-tokenizer",
  "encoder/no-weights",
];

export function isMissingPart(error: unknown): error is EncoderError {
  return error instanceof EncoderError && MISSING_PARTS.some((code) => code === error.code);
}
