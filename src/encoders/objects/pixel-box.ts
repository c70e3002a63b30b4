// Boxes of whole pixels: clips a box to its picture, orders boxes by position, crops them.
import type { RgbPicture } from "../pictures/rgb-picture.ts";
import type { Box } from "./boxes.ts";

const CHANNELS = 3;

/** Half-open in pixels: columns `left` to `right` - 1, rows `top` to `bottom` - 1. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The box clipped to the picture, its sides at the nearest pixel borders; undefined if no pixel is left. */
export function toPixelBox(
  box: Box,
  { width, height }: { readonly width: number; readonly height: number },
): PixelBox | undefined {
  const nearest = (value: number, limit: number) => Math.min(Math.max(Math.round(value), 0), limit);
  const left = nearest(box.left, width);
  const top = nearest(box.top, height);
  const right = nearest(box.right, width);
  const bottom = nearest(box.bottom, height);
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

/** Pixels in a box. */
export function areaOf({ left, top, right, bottom }: PixelBox): number {
  return (right - left) * (bottom - top);
}

/** Negative if `a` comes first: by top, then left, then size. */
export function comparePositions(a: Box, b: Box): number {
  return a.top - b.top || a.left - b.left || a.bottom - b.bottom || a.right - b.right;
}

/** Crops `box`, which must be inside the picture. */
export function cropPicture(picture: RgbPicture, { left, top, right, bottom }: PixelBox): RgbPicture {
  const width = right - left;
  const height = bottom - top;
  const data = new Uint8Array(width * height * CHANNELS);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * CHANNELS;
    data.set(picture.data.subarray(from, from + width * CHANNELS), y * width * CHANNELS);
  }
  return { width, height, data };
}
