// Inspects a picture before decoding: its format, the size in its header, and the bytes that the decoder needs.

import { EncoderError } from "../../base/errors.ts";
import { asBuffer, brandOf, type ReadableFormat } from "./brands.ts";
import type { ByteView } from "./byte-view.ts";
import { leanAvif } from "./containers/avif.ts";
import { leanGif } from "./containers/gif.ts";
import { leanJpeg } from "./containers/jpeg.ts";
import type { LeanPicture } from "./containers/lean-picture.ts";
import { leanPng } from "./containers/png.ts";
import { leanTiff } from "./containers/tiff.ts";
import { leanWebp } from "./containers/webp.ts";
import { brokenPicture, MAX_FILE_BYTES, MAX_PIXELS, requireSize, tooLarge } from "./limits.ts";

/** Limits for a picture. */
export interface DecodeOptions {
  /** Maximum number of pixels; default `MAX_PIXELS`. */
  readonly maxPixels?: number | undefined;
  /** Named in errors. */
  readonly place?: string | undefined;
}

/** A picture that may be decoded. */
export interface InspectedPicture {
  readonly format: ReadableFormat;
  /** From the header. */
  readonly width: number;
  readonly height: number;
  /** The parts of the file that the decoder needs: no texts, profiles, or further frames and pages. */
  readonly bytes: Uint8Array;
  readonly maxPixels: number;
  readonly place: string;
}

const LEAN: Readonly<Record<ReadableFormat, (file: ByteView) => LeanPicture | undefined>> = {
  JPEG: leanJpeg,
  PNG: leanPng,
  GIF: leanGif,
  WebP: leanWebp,
  TIFF: leanTiff,
  AVIF: leanAvif,
};

/**
 * Checks a picture by its headers only. It decompresses and decodes nothing; the cost is one pass over the
 * file's parts.
 *
 * @throws EncoderError `encoder/not-a-picture` for bytes of another format, which the error names;
 * `encoder/picture-too-large` for too many pixels or bytes, too long a side, or too much work for its size;
 * `encoder/picture-too-long` for its aspect ratio; `encoder/picture-broken`
 */
export function inspectPicture(bytes: Uint8Array, options: DecodeOptions = {}): InspectedPicture {
  const { place = "picture", maxPixels = MAX_PIXELS } = options;
  const brand = brandOf(bytes);
  if (brand.format === undefined) throw notAPicture(place, brand.what, brand.advice);
  if (bytes.length > MAX_FILE_BYTES)
    throw tooLarge(place, `${bytes.length} bytes; the limit is ${MAX_FILE_BYTES}`);
  const { format } = brand;
  const lean = LEAN[format](asBuffer(bytes));
  if (lean === undefined || lean.width === 0 || lean.height === 0) {
    throw brokenPicture(place, bytes.length, `its ${format} header is incomplete`);
  }
  if ("isRaw" in lean && lean.isRaw === true) {
    const advice = "Convert it to JPEG or PNG (darktable-cli in.dng out.jpg), or remove it from the data.";
    throw notAPicture(place, "a raw camera photograph, which is not supported", advice);
  }
  requireSize(lean.width, lean.height, maxPixels, place);
  if (lean.excess !== undefined) throw tooLarge(place, lean.excess);
  const { buffer, byteOffset, byteLength } = lean.bytes;
  const plain = new Uint8Array(buffer, byteOffset, byteLength); // what decoders take
  return { format, width: lean.width, height: lean.height, bytes: plain, maxPixels, place };
}

function notAPicture(place: string, what: string, remedy: string): EncoderError {
  return new EncoderError({
    code: "encoder/not-a-picture",
    message: `${place} is ${what}`,
    place,
    remedy,
  });
}
