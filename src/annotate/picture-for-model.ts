// A post's picture as a vision model gets it: decoded within limits, scaled down, and written as a JPEG data URL.
import sharp from "sharp";
import { decodePicture } from "../encoders/pictures/decode.ts";

/** Of 100; text in pictures stays readable, and a picture of 768 pixels has about 100 kB. */
const JPEG_QUALITY = 85;

/**
 * The picture as a data URL.
 *
 * @param side longest side in pixels; smaller pictures keep their size
 * @throws EncoderError as `decodePicture`
 */
export async function pictureDataUrl(bytes: Uint8Array, side: number, place: string): Promise<string> {
  const { data, width, height } = await decodePicture(bytes, { place });
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
}
