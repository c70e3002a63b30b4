// Decodes a picture with the browser's own decoder, to the 8-bit RGB that relata's resampling takes: as stored, without colour profiles and without turning it.
import { EncoderError } from "../base/errors.ts";
import {
  brokenPicture,
  MAX_FILE_BYTES,
  MAX_PIXELS,
  requireSize,
  tooLarge,
} from "../encoders/pictures/limits.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";

const AS_STORED: ImageBitmapOptions = {
  colorSpaceConversion: "none",
  imageOrientation: "none",
  premultiplyAlpha: "none",
};

/** @throws EncoderError `encoder/picture-broken`, `encoder/picture-too-large`, `encoder/picture-too-long` */
export async function pixelsOf(bytes: Uint8Array, place: string): Promise<RgbPicture> {
  if (bytes.byteLength > MAX_FILE_BYTES)
    throw tooLarge(place, `${bytes.byteLength} bytes; the limit is ${MAX_FILE_BYTES}`);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), AS_STORED);
  } catch (cause) {
    throw brokenPicture(place, bytes.byteLength, (cause as Error).message, cause);
  }
  try {
    return pixelsOfBitmap(bitmap, place);
  } finally {
    bitmap.close();
  }
}

/** @throws EncoderError the codes of its size */
export function pixelsOfBitmap(bitmap: ImageBitmap, place: string): RgbPicture {
  const { width, height } = bitmap;
  requireSize(width, height, MAX_PIXELS, place);
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
  const rgba = pen.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4) {
    data[to++] = rgba[from] as number;
    data[to++] = rgba[from + 1] as number;
    data[to++] = rgba[from + 2] as number;
  }
  return { width, height, data };
}
