// The error for a file of an export that cannot be written: a full disk, a missing folder, no permission.
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

/** Runs what writes to `path`: the system's errors become `synthesis/cannot-write`, all others stay as they are. */
export async function exporting<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isSystemError(error) ? cannotWrite(path, error) : error;
  }
}
