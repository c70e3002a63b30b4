// Tells from an error whether a document's picture is missing or unusable.
import { ConfigError, type RelataError } from "../base/errors.ts";
import { isPictureFault } from "../encoders/pictures/limits.ts";

const NO_SUCH_PICTURE = "config/no-such-picture";

/** Code of the error for a named picture file that does not exist. */
export function noSuchPicture(path: string): ConfigError {
  return new ConfigError({
    code: NO_SUCH_PICTURE,
    message: `the picture ${path} does not exist`,
    place: path,
    remedy: "Check the path, or omit the picture.",
  });
}

/** Why a picture was not used. */
export interface UnusablePicture {
  readonly state: "missing" | "broken";
  readonly error: RelataError;
}

/** Undefined for an error with another cause, such as a failing encoder. */
export function unusablePicture(error: unknown): UnusablePicture | undefined {
  if (isPictureFault(error)) return { state: "broken", error };
  return error instanceof ConfigError && error.code === NO_SUCH_PICTURE
    ? { state: "missing", error }
    : undefined;
}
