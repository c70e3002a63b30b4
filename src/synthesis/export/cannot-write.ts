// The error for an export file that cannot be written: a full disk, a missing folder, no permission.
import { writeRemedy } from "../../base/cannot-write.ts";
import { SynthesisError } from "../../base/errors.ts";
import { isSystemError } from "../../base/system-errors.ts";

/** `synthesis/cannot-write`. */
export function cannotWrite(path: string, cause: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/cannot-write",
    message: `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    place: path,
    remedy: writeRemedy(cause),
    cause,
    fault: "work",
  });
}

/** Runs code that writes to `path`: system errors become `synthesis/cannot-write`; others are unchanged. */
export async function exporting<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isSystemError(error) ? cannotWrite(path, error) : error;
  }
}
