// Decodes a picture with the browser's own decoder, to the 8-bit RGB that relata's resampling takes: as stored, without colour profiles and without
// turning it. Its headers are checked first, and only the parts that pixels need reach the decoder, as in Node.
import { EncoderError } from "../base/errors.ts";
import { type InspectedPicture, inspectPicture } from "../encoders/pictures/inspect.ts";
import { brokenPicture, MAX_PIXELS, requireSize } from "../encoders/pictures/limits.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";

const AS_STORED: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

/** @throws EncoderError the codes of `inspectPicture`; `encoder/not-a-picture` for a format that the browser does not decode */
export async function pixelsOf(bytes: Uint8Array, place: string): Promise<RgbPicture> {
  const inspected = inspectPicture(bytes, { place });
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([inspected.bytes as Uint8Array<ArrayBuffer>]), AS_STORED);
  } catch (cause) {
    throw notDecoded(inspected, bytes.byteLength, cause);
  }
  try {
    return pixelsOfBitmap(bitmap, place); // header and decoder may disagree about the size
  } finally {
    bitmap.close();
  }
}

/** The pixels of a bitmap, which somebody else decoded. @throws EncoderError the codes of its size */
export function pixelsOfBitmap(bitmap: ImageBitmap, place: string): RgbPicture {
  const { width, height } = bitmap;
  requireSize(width, height, MAX_PIXELS, place);
  return { width, height, data: withoutAlpha(rgbaOf(bitmap, place), width * height) };
}

function rgbaOf(bitmap: ImageBitmap, place: string): Uint8ClampedArray {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (pen === null) {
    throw new EncoderError({
      code: "encoder/picture-too-large",
      message: `${place} has ${width} x ${height} pixels, for which the browser has no memory`,
      place,
      remedy: "Scale the picture down.",
    });
  }
  pen.drawImage(bitmap, 0, 0);
  return pen.getImageData(0, 0, width, height).data;
}

function withoutAlpha(rgba: Uint8ClampedArray, pixels: number): Uint8Array {
  const data = new Uint8Array(pixels * 3);
  for (let from = 0, to = 0; to < data.length; from += 4) {
    data[to++] = rgba[from] as number;
    data[to++] = rgba[from + 1] as number;
    data[to++] = rgba[from + 2] as number;
  }
  return data;
}

/** No browser but Safari decodes TIFF; of the other formats, a file that is refused is damaged. */
function notDecoded({ format, place }: InspectedPicture, bytes: number, cause: unknown): EncoderError {
  if (format !== "TIFF") return brokenPicture(place, bytes, (cause as Error).message, cause);
  return new EncoderError({
    code: "encoder/not-a-picture",
    message: `${place} is a TIFF picture, which this browser does not decode`,
    place,
    remedy: "Convert it to JPEG or PNG.",
    cause,
  });
}
