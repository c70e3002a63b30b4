// Converts a decoded picture to an encoder's input: resizes, crops, scales and normalises it as specified.

import { requireScalable } from "./limits.ts";
import { type PicturePlacement, type PictureResize, placePicture } from "./placement.ts";
import { type Resample, resizePicture } from "./resize.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** A preprocessing specification. */
export interface PicturePreprocessing {
  readonly resize: PictureResize;
  /** PIL's filters, in bytes; or plain bilinear sampling between the corners, in floats and without antialiasing. */
  readonly resample: Resample | "aligned-corners";
  /** Centre crop; black where the picture is smaller. */
  readonly crop:
    | { readonly width: number; readonly height: number; readonly rounding: CropRounding }
    | undefined;
  /** Factor for bytes: 1/255 for 0..1. */
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Rounding of an odd remainder: transformers rounds the corner down, torchvision to the even neighbour. */
export type CropRounding = "down" | "even";

/** float32 [channels, height, width], red, green, blue. */
export interface PictureInput {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

const CHANNELS = 3;

/**
 * Returns the encoder's input for one picture, channel after channel.
 *
 * @throws EncoderError `encoder/picture-too-long` for a picture that would have to be scaled to more than `MAX_PIXELS`
 * @example
 * import { preprocessPicture, type RgbPicture, TORCHVISION_RESNET } from "relata/pictures";
 *
 * declare const picture: RgbPicture;
 * const { data } = preprocessPicture(picture, TORCHVISION_RESNET); // 3 * 224 * 224 floats
 */
export function preprocessPicture(picture: RgbPicture, how: PicturePreprocessing): PictureInput {
  const place = placePicture(picture, how.resize);
  const { resizedWidth, resizedHeight } = place;
  requireScalable(picture, place);
  if (how.resample === "aligned-corners") {
    return padded(normalizeFloats(sampleAligned(picture, resizedWidth, resizedHeight), how), place, how);
  }
  const resized = resizePicture(picture, resizedWidth, resizedHeight, how.resample);
  const { crop } = how;
  const cropped = crop === undefined ? resized : cropCenter(resized, crop.width, crop.height, crop.rounding);
  return padded(normalizeBytes(cropped, how), place, how);
}

/** Adds the padding of a letterbox; returns any other input unchanged. */
function padded(
  input: PictureInput,
  { width, height, left, top }: PicturePlacement,
  how: PicturePreprocessing,
): PictureInput {
  if (how.resize.kind !== "letterbox") return input;
  const data = new Float32Array(CHANNELS * width * height);
  for (let c = 0; c < CHANNELS; c++) {
    const plane = data.subarray(c * width * height, (c + 1) * width * height);
    plane.fill(normalizeValue(how.resize.fill * how.scale, how, c));
    for (let y = 0; y < input.height; y++) {
      const from = (c * input.height + y) * input.width;
      plane.set(input.data.subarray(from, from + input.width), (top + y) * width + left);
    }
  }
  return { width, height, data };
}

/** Crops the middle `width` x `height` pixels; pixels outside the picture are black. */
export function cropCenter(
  picture: RgbPicture,
  width: number,
  height: number,
  rounding: CropRounding,
): RgbPicture {
  const left = cropStart(picture.width, width, rounding);
  const top = cropStart(picture.height, height, rounding);
  const data = new Uint8Array(width * height * CHANNELS);
  const from = Math.max(0, left);
  const to = Math.min(picture.width, left + width);
  for (let y = Math.max(0, top); y < Math.min(picture.height, top + height); y++) {
    const row = y * picture.width;
    const part = picture.data.subarray((row + from) * CHANNELS, (row + to) * CHANNELS);
    data.set(part, ((y - top) * width + from - left) * CHANNELS);
  }
  return { width, height, data };
}

function cropStart(size: number, crop: number, rounding: CropRounding): number {
  if (size < crop) {
    // Padding: transformers puts the odd pixel of the margin before the picture, torchvision after it.
    const margin = crop - size;
    return -(rounding === "down" ? Math.ceil(margin / 2) : Math.floor(margin / 2));
  }
  const half = (size - crop) / 2;
  if (rounding === "down" || Number.isInteger(half)) return Math.floor(half);
  return 2 * Math.round(half / 2);
}

/** A byte has 256 values: one table per channel, in single precision, like the published processors. */
function normalizeBytes(picture: RgbPicture, how: PicturePreprocessing): PictureInput {
  const { width, height, data: bytes } = picture;
  const plane = width * height;
  const data = new Float32Array(CHANNELS * plane);
  for (let c = 0; c < CHANNELS; c++) {
    const table = Float32Array.from({ length: 256 }, (_, byte) => normalizeValue(byte * how.scale, how, c));
    for (let i = 0; i < plane; i++) data[c * plane + i] = table[bytes[i * CHANNELS + c] as number] as number;
  }
  return { width, height, data };
}

function normalizeFloats(input: PictureInput, how: PicturePreprocessing): PictureInput {
  const plane = input.width * input.height;
  const data = new Float32Array(input.data.length);
  for (let c = 0; c < CHANNELS; c++) {
    const mean = Math.fround(how.mean[c] ?? 0);
    const deviation = Math.fround(how.deviation[c] ?? 1);
    for (let i = c * plane; i < (c + 1) * plane; i++) {
      const scaled = Math.fround((input.data[i] as number) * how.scale);
      data[i] = Math.fround(scaled - mean) / deviation; // stored in single precision
    }
  }
  return { ...input, data };
}

function normalizeValue(scaled: number, how: PicturePreprocessing, channel: number): number {
  const mean = Math.fround(how.mean[channel] ?? 0);
  const deviation = Math.fround(how.deviation[channel] ?? 1);
  return Math.fround(Math.fround(Math.fround(scaled) - mean) / deviation);
}

/** Bilinear sampling with aligned corners: source position i * (size - 1) / (out - 1). */
function sampleAligned(picture: RgbPicture, width: number, height: number): PictureInput {
  const plane = width * height;
  const data = new Float32Array(CHANNELS * plane);
  const columns = alignedPositions(picture.width, width);
  const rows = alignedPositions(picture.height, height);
  const { data: bytes } = picture;
  for (let y = 0; y < height; y++) {
    const row = rows[y] as AlignedPosition;
    const upper = row.low * picture.width;
    const lower = row.high * picture.width;
    for (let x = 0; x < width; x++) {
      const column = columns[x] as AlignedPosition;
      const left = column.low * CHANNELS;
      const right = column.high * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) {
        const above = upper * CHANNELS + c;
        const below = lower * CHANNELS + c;
        const top =
          (bytes[above + left] as number) * (1 - column.share) +
          (bytes[above + right] as number) * column.share;
        const bottom =
          (bytes[below + left] as number) * (1 - column.share) +
          (bytes[below + right] as number) * column.share;
        data[c * plane + y * width + x] = top * (1 - row.share) + bottom * row.share;
      }
    }
  }
  return { width, height, data };
}

interface AlignedPosition {
  readonly low: number;
  readonly high: number;
  /** Weight of `high`. */
  readonly share: number;
}

function alignedPositions(inputSize: number, outputSize: number): AlignedPosition[] {
  const step = outputSize > 1 ? (inputSize - 1) / (outputSize - 1) : 0;
  return Array.from({ length: outputSize }, (_, i) => {
    const low = Math.min(Math.floor(i * step), inputSize - 1);
    return { low, high: Math.min(low + 1, inputSize - 1), share: i * step - low };
  });
}
