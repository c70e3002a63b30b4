// Decodes picture files to the 8-bit RGB of the published processors (Python's PIL), or explains why it
// cannot. sharp only decodes: no rotation by EXIF, no colour profiles, alpha dropped, first frame of an
// animation.
import type { Sharp } from "sharp";
import { EncoderError } from "../../base/errors.ts";
import { type FileFault, readRegularFile } from "../../base/regular-file.ts";
import { type DecodeOptions, type InspectedPicture, inspectPicture } from "./inspect.ts";
import { brokenPicture, isPictureFault, MAX_FILE_BYTES, requireSize } from "./limits.ts";
import { pixelThreads } from "./pixel-threads.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** The outcome for a picture: decoded, absent, or unusable; never a placeholder. */
export type PictureOutcome =
  | { readonly state: "present"; readonly picture: RgbPicture }
  | { readonly state: "missing"; readonly path: string }
  | { readonly state: "broken"; readonly path: string; readonly error: EncoderError };

/**
 * Reads and decodes a picture file; a missing or broken one is an outcome, not an error. A pipe, a device,
 * a folder or a dangling link counts as broken and never blocks.
 *
 * @example
 * import { readPicture } from "relata/pictures";
 *
 * const outcome = await readPicture("photo.jpg");
 * if (outcome.state === "present") console.log(outcome.picture.width);
 */
export async function readPicture(path: string, options: DecodeOptions = {}): Promise<PictureOutcome> {
  try {
    const bytes = await readPictureFile(path);
    if (bytes === undefined) return { state: "missing", path };
    return { state: "present", picture: await decodePicture(bytes, { place: path, ...options }) };
  } catch (error) {
    if (isPictureFault(error)) return { state: "broken", path, error };
    throw error;
  }
}

/**
 * Reads the bytes of a picture file; undefined if the file does not exist.
 *
 * @throws EncoderError `encoder/picture-unreadable` for anything except a readable regular file,
 * `encoder/picture-too-large`,
 * `encoder/not-a-picture` for a Git LFS pointer
 */
export async function readPictureFile(path: string): Promise<Buffer<ArrayBuffer> | undefined> {
  let isAbsent = false;
  try {
    return await readRegularFile(path, MAX_FILE_BYTES, (fault) => {
      isAbsent = fault.kind === "absent";
      return unusableFile(path, fault);
    });
  } catch (error) {
    if (isAbsent) return undefined;
    throw error;
  }
}

const FILE_CODES = { "too-large": "encoder/picture-too-large", "git-lfs": "encoder/not-a-picture" } as const;

function unusableFile(path: string, { kind, problem, remedy, cause }: FileFault): EncoderError {
  const code =
    kind in FILE_CODES ? FILE_CODES[kind as keyof typeof FILE_CODES] : "encoder/picture-unreadable";
  return new EncoderError({ code, message: `${path} ${problem}`, place: path, remedy, cause });
}

/**
 * Decodes a picture. The stored orientation is kept (EXIF is ignored), embedded colour profiles are ignored, alpha is
 * dropped without blending, palettes and grey become RGB, CMYK is converted by the plain formula, 16-bit
 * samples keep the high byte, and animations the first frame, as in PIL by default. (Two exceptions: PIL
 * turns 16-bit grey nearly white, which is useless; and hidden pixels of a transparent GIF may have another
 * colour.)
 *
 * Only the parts needed for pixels reach the decoder, and only within the limits that `maxPixels`,
 * `MAX_SIDE` and `MAX_ASPECT` allow.
 *
 * @throws EncoderError `encoder/not-a-picture` for bytes of another format, `encoder/picture-too-large`,
 * `encoder/picture-too-long`, `encoder/picture-broken` for truncated or damaged files.
 */
export async function decodePicture(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbPicture> {
  return decodeInspected(inspectPicture(bytes, options));
}

/**
 * Decodes a picture after its headers were checked. @throws EncoderError `encoder/picture-broken` and the
 * codes of its size
 */
export async function decodeInspected({ bytes, maxPixels, place }: InspectedPicture): Promise<RgbPicture> {
  const { default: sharp } = await import("sharp"); // its native library takes a while, and most runs read no picture
  const input = sharp(bytes, { failOn: "error", limitInputPixels: false, ignoreIcc: true, pages: 1 });
  try {
    const { width, height, space } = await input.metadata();
    requireSize(width, height, maxPixels, place); // header and decoder may disagree
    return space === "cmyk" ? await decodeCmyk(input) : await decodeRgb(input);
  } catch (cause) {
    if (cause instanceof EncoderError) throw cause;
    throw brokenPicture(place, bytes.length, (cause as Error).message.split("\n")[0] ?? "", cause);
  }
}

async function decodeRgb(input: Sharp): Promise<RgbPicture> {
  const { data, info } = await input
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3) return { width, height, data };
  return {
    width,
    height,
    data: (await pixelThreads.run({ kind: "grey", data, channels })).data as Uint8Array,
  };
}

async function decodeCmyk(input: Sharp): Promise<RgbPicture> {
  const { data, info } = await input
    .pipelineColourspace("cmyk")
    .toColourspace("cmyk")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return {
    width,
    height,
    data: (await pixelThreads.run({ kind: "cmyk", data, channels })).data as Uint8Array,
  };
}
