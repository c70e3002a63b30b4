// The error for a file of an export that cannot be written.
import { SynthesisError } from "../../errors.ts";

/** `synthesis/cannot-write`; `operation` is the function that the user called. */
export function cannotWrite(operation: string, path: string, cause: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/cannot-write",
    message: `${operation}: cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    place: path,
    remedy: "Check that the folder exists, may be written to and has room.",
    cause,
    fault: "work",
  });
}
