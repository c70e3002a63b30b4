// From a decoded picture to an encoder's input: resize, crop, scale and normalise as a specification says.
import type { RgbPicture } from "./decode.ts";
import { type Resample, resizePicture } from "./resize.ts";

/** How a picture becomes an encoder's input. */
export interface PicturePreprocessing {
  readonly resize:
    | { readonly kind: "none" }
    /** The shorter side becomes `size`, the longer one follows, rounded down. */
    | { readonly kind: "shortest-edge"; readonly size: number }
    /** Stretched, whatever the aspect. */
    | { readonly kind: "exact"; readonly width: number; readonly height: number };
  /** PIL's filters, in bytes; or plain bilinear sampling between the corners, in floats and without antialiasing. */
  readonly resample: Resample | "aligned-corners";
  /** Cut out of the middle; black where the picture is smaller. */
  readonly crop:
    | { readonly width: number; readonly height: number; readonly rounding: CropRounding }
    | undefined;
  /** Bytes are multiplied by it: 1/255 for 0..1. */
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Where an odd remainder goes: transformers rounds the corner down, torchvision to the even neighbour. */
export type CropRounding = "down" | "even";

/** float32 [channels, height, width], red, green, blue. */
export interface PictureInput {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

const CHANNELS = 3;

/**
 * The encoder's input for one picture, channel after channel.
 *
 * @example
 * const { data } = preprocessPicture(picture, TORCHVISION_RESNET); // 3 * 224 * 224 floats
 */
export function preprocessPicture(picture: RgbPicture, how: PicturePreprocessing): PictureInput {
  const [width, height] = resizedSize(picture, how);
  if (how.resample === "aligned-corners") return normalizeFloats(sampleAligned(picture, width, height), how);
  const resized = resizePicture(picture, width, height, how.resample);
  const { crop } = how;
  const cropped = crop === undefined ? resized : cropCenter(resized, crop.width, crop.height, crop.rounding);
  return normalizeBytes(cropped, how);
}

function resizedSize(picture: RgbPicture, { resize }: PicturePreprocessing): [number, number] {
  switch (resize.kind) {
    case "none":
      return [picture.width, picture.height];
    case "exact":
      return [resize.width, resize.height];
    case "shortest-edge": {
      const { width, height } = picture;
      const { size } = resize;
      if (width <= height) return [size, Math.trunc((size * height) / width)];
      return [Math.trunc((size * width) / height), size];
    }
    default:
      return resize satisfies never;
  }
}

/** The middle `width` x `height` pixels; what lies outside of the picture is black. */
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
    // Padding: transformers puts the odd pixel of the margin before the picture, torchvision behind it.
    const margin = crop - size;
    return -(rounding === "down" ? Math.ceil(margin / 2) : Math.floor(margin / 2));
  }
  const half = (size - crop) / 2;
  if (rounding === "down" || Number.isInteger(half)) return Math.floor(half);
  return 2 * Math.round(half / 2);
}

/** A byte has 256 values: one table per channel, in single precision like the published processors. */
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
  const data = input.data.map((value, i) => normalizeValue(value * how.scale, how, Math.floor(i / plane)));
  return { ...input, data };
}

function normalizeValue(scaled: number, how: PicturePreprocessing, channel: number): number {
  const mean = Math.fround(how.mean[channel] ?? 0);
  const deviation = Math.fround(how.deviation[channel] ?? 1);
  return Math.fround(Math.fround(Math.fround(scaled) - mean) / deviation);
}

/** Bilinear sampling where the corner pixels' centres stay at the corners: source position i * (size - 1) / (out - 1). */
function sampleAligned(picture: RgbPicture, width: number, height: number): PictureInput {
  const plane = width * height;
  const data = new Float32Array(CHANNELS * plane);
  const columns = alignedPositions(picture.width, width);
  const rows = alignedPositions(picture.height, height);
  for (const [y, row] of rows.entries()) {
    const upper = row.low * picture.width;
    const lower = row.high * picture.width;
    for (const [x, column] of columns.entries()) {
      for (let c = 0; c < CHANNELS; c++) {
        const at = (pixel: number): number => picture.data[pixel * CHANNELS + c] as number;
        const top = at(upper + column.low) * (1 - column.share) + at(upper + column.high) * column.share;
        const bottom = at(lower + column.low) * (1 - column.share) + at(lower + column.high) * column.share;
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
