// Decodes picture files to 8-bit RGB as the published processors see them (Python's PIL), and says what is wrong otherwise.
// sharp decodes only: no rotation by EXIF, no colour profiles, alpha dropped, first frame of an animation.
import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { EncoderError } from "../../errors.ts";

/** Pixels in row-major order, three bytes (red, green, blue) each. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What became of a picture: decoded, absent, or unusable; a stand-in is never made up. */
export type PictureOutcome =
  | { readonly state: "present"; readonly picture: RgbPicture }
  | { readonly state: "missing"; readonly path: string }
  | { readonly state: "broken"; readonly path: string; readonly error: EncoderError };

export interface DecodeOptions {
  /** Largest number of pixels that are decoded; default `MAX_PIXELS`. */
  readonly maxPixels?: number;
  /** Named in errors. */
  readonly place?: string;
}

/** PIL warns of larger ones as decompression bombs; 268 MB of RGB. */
export const MAX_PIXELS = 89_478_485;
// A JPEG of MAX_PIXELS at the finest quality stays below.
const MAX_FILE_BYTES = 200_000_000;

const FORMATS = ["JPEG", "PNG", "GIF", "WebP", "TIFF", "AVIF"] as const;

/**
 * Reads and decodes a picture file; a missing or broken one is an outcome, not an error.
 *
 * @throws EncoderError `encoder/picture-unreadable` when the file is there but cannot be read (permissions, a folder).
 * @example
 * const outcome = await readPicture("photo.jpg");
 * if (outcome.state === "present") outcome.picture.width;
 */
export async function readPicture(path: string, options: DecodeOptions = {}): Promise<PictureOutcome> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return { state: "missing", path };
    throw new EncoderError({
      code: "encoder/picture-unreadable",
      message: `readPicture: ${path} cannot be read (${code})`,
      place: path,
      cause,
      remedy: "Check the file's permissions.",
    });
  }
  try {
    return { state: "present", picture: await decodePicture(bytes, { place: path, ...options }) };
  } catch (error) {
    if (error instanceof EncoderError) return { state: "broken", path, error };
    throw error;
  }
}

/**
 * Decodes a picture. The stored orientation is kept (EXIF is ignored), embedded colour profiles are ignored, alpha is
 * dropped without blending, palettes and grey become RGB, CMYK is converted by the plain formula, of 16 bits the high
 * byte is kept, of an animation the first frame: as PIL does by default. (Two exceptions: PIL turns 16-bit grey
 * nearly white, which helps nobody; and hidden pixels of a transparent GIF may have another colour.)
 *
 * @throws EncoderError `encoder/not-a-picture` for bytes of another kind, `encoder/picture-too-large`,
 * `encoder/picture-broken` for truncated or damaged files.
 */
export async function decodePicture(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbPicture> {
  const place = options.place ?? "picture";
  const maxPixels = options.maxPixels ?? MAX_PIXELS;
  if (formatOf(bytes) === undefined) {
    throw new EncoderError({
      code: "encoder/not-a-picture",
      message: `decodePicture: ${place} (${bytes.length} bytes) is none of ${FORMATS.join(", ")}`,
      place,
      remedy: "Convert the picture to JPEG or PNG, or take it out of the data.",
    });
  }
  if (bytes.length > MAX_FILE_BYTES)
    throw tooLarge(place, `${bytes.length} bytes, at most ${MAX_FILE_BYTES}`);
  const input = sharp(bytes, { failOn: "error", limitInputPixels: false, ignoreIcc: true, pages: 1 });
  try {
    const { width, height, space } = await input.metadata();
    if (width * height > maxPixels) {
      throw tooLarge(place, `${width} x ${height} pixels, at most ${maxPixels}`);
    }
    return space === "cmyk" ? await decodeCmyk(input) : await decodeRgb(input);
  } catch (cause) {
    if (cause instanceof EncoderError) throw cause;
    throw new EncoderError({
      code: "encoder/picture-broken",
      message: `decodePicture: ${place} (${bytes.length} bytes) is truncated or damaged: ${(cause as Error).message.split("\n")[0]}`,
      place,
      cause,
      remedy: "Download the picture again, or take it out of the data.",
    });
  }
}

async function decodeRgb(input: Sharp): Promise<RgbPicture> {
  const { data, info } = await input
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { width: info.width, height: info.height, data };
  return { width: info.width, height: info.height, data: spreadGrey(data, info.channels) };
}

function spreadGrey(data: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    rgb.fill(data[from] ?? 0, to, to + 3);
  }
  return rgb;
}

/** PIL's conversion: (255 - k) - (255 - k) * c / 255 for each channel; no profile. */
async function decodeCmyk(input: Sharp): Promise<RgbPicture> {
  const { data, info } = await input
    .pipelineColourspace("cmyk")
    .toColourspace("cmyk")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const rgb = new Uint8Array(info.width * info.height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += info.channels, to += 3) {
    const light = 255 - (data[from + 3] ?? 0);
    for (let c = 0; c < 3; c++) {
      const product = (data[from + c] ?? 0) * light + 128;
      rgb[to + c] = light - (((product >> 8) + product) >> 8);
    }
  }
  return { width: info.width, height: info.height, data: rgb };
}

/** The media type that the first bytes announce, `image/jpeg` say; undefined for bytes that no decoder here takes. */
export function pictureMediaType(bytes: Uint8Array): string | undefined {
  const format = formatOf(bytes);
  return format === undefined ? undefined : `image/${format.toLowerCase()}`;
}

/** The format that the first bytes announce; only these reach a decoder. */
function formatOf(bytes: Uint8Array): (typeof FORMATS)[number] | undefined {
  const text = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (text.startsWith("\xff\xd8\xff")) return "JPEG";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (text.startsWith("GIF8")) return "GIF";
  if (text.startsWith("RIFF") && text.endsWith("WEBP")) return "WebP";
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "TIFF";
  return /^ftypavi[fs]$/.test(text.slice(4)) ? "AVIF" : undefined;
}

function tooLarge(place: string, what: string): EncoderError {
  return new EncoderError({
    code: "encoder/picture-too-large",
    message: `decodePicture: ${place} has ${what}`,
    place,
    remedy: "Scale the picture down, or raise maxPixels.",
  });
}
