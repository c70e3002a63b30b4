// What an error says of the one picture that was shown: that it is not there, that it cannot be used, or nothing.
import { ConfigError, type RelataError } from "../base/errors.ts";
import { isPictureFault } from "../encoders/pictures/limits.ts";

const NO_SUCH_PICTURE = "config/no-such-picture";

/** The error of a picture file that is named and does not exist. */
export function noSuchPicture(path: string): ConfigError {
  return new ConfigError({
    code: NO_SUCH_PICTURE,
    message: `the picture ${path} does not exist`,
    place: path,
    remedy: "Check the path, or omit the picture.",
  });
}

/** Why a picture was not seen. */
export interface UnusablePicture {
  readonly state: "missing" | "broken";
  readonly error: RelataError;
}

/** Undefined for an error that is not the picture's, such as an encoder that fails. */
export function unusablePicture(error: unknown): UnusablePicture | undefined {
  if (isPictureFault(error)) return { state: "broken", error };
  return error instanceof ConfigError && error.code === NO_SUCH_PICTURE
    ? { state: "missing", error }
    : undefined;
}
