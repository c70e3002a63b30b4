// Limits for pictures, and the errors for unusable ones.
import { EncoderError } from "../../base/errors.ts";

/** PIL warns of larger ones as decompression bombs; 268 MB of RGB. */
export const MAX_PIXELS = 89_478_485;
/** A JPEG of MAX_PIXELS at the finest quality stays below. */
export const MAX_FILE_BYTES = 200_000_000;
/** The longest side: the limit of JPEG. */
const MAX_SIDE = 65_535;
/**
 * The longer side over the shorter one. Scaled by its shorter side to the 800 pixels of a detector, a picture at this limit has 64 million
 * pixels; a more extreme one shows nothing useful.
 */
export const MAX_ASPECT = 100;

/** Codes of errors about a single picture; other codes have other causes. */
const PICTURE_FAULTS = [
  "encoder/not-a-picture",
  "encoder/picture-broken",
  "encoder/picture-too-large",
  "encoder/picture-too-long",
  "encoder/picture-unreadable",
] as const;

/** Code of an error about a single picture. */
export type PictureFault = EncoderError & { readonly code: (typeof PICTURE_FAULTS)[number] };

/** Whether an error is about a single picture, so that work can continue without it. */
export function isPictureFault(error: unknown): error is PictureFault {
  return error instanceof EncoderError && PICTURE_FAULTS.some((code) => code === error.code);
}

const SCALE_DOWN = "Scale the picture down, or remove it from the data.";

/**
 * Refuses a size before anything is decoded.
 *
 * @throws EncoderError `encoder/picture-too-large`, `encoder/picture-too-long`
 */
export function requireSize(width: number, height: number, maxPixels: number, place: string): void {
  const longer = Math.max(width, height);
  if (longer > MAX_SIDE) throw tooLarge(place, `a side of ${longer} pixels; the limit is ${MAX_SIDE}`);
  if (width * height > maxPixels)
    throw tooLarge(place, `${width} x ${height} pixels; the limit is ${maxPixels}`);
  if (longer > MAX_ASPECT * Math.min(width, height)) {
    throw new EncoderError({
      code: "encoder/picture-too-long",
      message: `${place} has ${width} x ${height} pixels: one side is more than ${MAX_ASPECT} times the other`,
      place,
      value: [width, height],
      remedy: "Crop the picture to the part that matters, or remove it from the data.",
    });
  }
}

/**
 * Refuses a picture that would exceed the limits after scaling, such as a line of pixels scaled by its
 * shorter side.
 *
 * @throws EncoderError `encoder/picture-too-long`
 */
export function requireScalable(
  picture: { readonly width: number; readonly height: number },
  scaled: { readonly resizedWidth: number; readonly resizedHeight: number },
): void {
  if (scaled.resizedWidth * scaled.resizedHeight <= MAX_PIXELS) return;
  throw new EncoderError({
    code: "encoder/picture-too-long",
    message: `a picture of ${picture.width} x ${picture.height} pixels would be scaled to ${scaled.resizedWidth} x ${scaled.resizedHeight}; the limit is ${MAX_PIXELS} pixels`,
    value: [picture.width, picture.height],
    remedy: "Crop the picture to the part that matters, or remove it from the data.",
  });
}

/** `what` follows "has". */
export function tooLarge(place: string, what: string): EncoderError {
  return new EncoderError({
    code: "encoder/picture-too-large",
    message: `${place} has ${what}`,
    place,
    remedy: SCALE_DOWN,
  });
}

/** `what` follows "is truncated or damaged". */
export function brokenPicture(place: string, bytes: number, what: string, cause?: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/picture-broken",
    message: `${place} (${bytes} bytes) is truncated or damaged: ${what}`,
    place,
    cause,
    remedy: "Download the picture again, or remove it from the data.",
  });
}
