// Compact keys of views for finding near duplicates without their pixels: the mean colours of a picture's
// parts, the
// name of a picture of a collection, the words of a text. (A 64-bit difference hash was tried first: in
// drawings with large plain areas it cannot tell a moved shape from an unmoved one, nor a compressed copy
// from another picture.)

import { sha256 } from "../base/sha256.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";

const CELLS = 8; // along each side
const CHANNELS = 3; // a red and a green drawing of the same thing are different pictures

/**
 * Largest difference between the mean colours of any two corresponding cells, in levels of 255, up to which pictures are near duplicates, by
 * default. Measured on the simulator's drawings: at most 2 between pictures that differ only in grain, at
 * least 37 in 99.9 % of other pairs of an instance. Recompressed or scaled copies stay below 4.
 */
export const NEAR_DUPLICATE_LEVELS = 8;

const PIXELS = "pixels:";

/** The key of a picture: mean red, green and blue of each of 8 x 8 cells. */
export function lookOfPicture(picture: RgbPicture): string {
  return `${PIXELS}${Buffer.from(cellMeans(picture)).toString("base64")}`;
}

/** The key of a picture with only a known name. */
export function lookOfName(name: string): string {
  return `name:${name}`;
}

/** The key of a text: its words, ignoring case and spacing. */
export function lookOfText(text: string): string {
  return `text:${sha256(text.normalize("NFC").toLowerCase().trim().replace(/\s+/gu, " "))}`;
}

/**
 * Whether two keys of pictures differ by at most `levels` in every cell; keys of texts and names must be
 * equal.
 */
export function resembles(a: string, b: string, levels: number): boolean {
  if (a === b) return true;
  if (!a.startsWith(PIXELS) || !b.startsWith(PIXELS)) return false;
  const left = Buffer.from(a.slice(PIXELS.length), "base64");
  const right = Buffer.from(b.slice(PIXELS.length), "base64");
  return left.every((value, i) => Math.abs(value - (right[i] ?? 0)) <= levels);
}

/** Mean colour of each cell, row by row, with red, green and blue interleaved. */
function cellMeans({ width, height, data }: RgbPicture): Uint8Array {
  const means = new Uint8Array(CELLS * CELLS * CHANNELS);
  for (let row = 0; row < CELLS; row++) {
    const [top, bottom] = range(row, height);
    for (let column = 0; column < CELLS; column++) {
      const [left, right] = range(column, width);
      const sums = [0, 0, 0];
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const pixel = (y * width + x) * CHANNELS;
          for (let channel = 0; channel < CHANNELS; channel++)
            sums[channel] = (sums[channel] ?? 0) + (data[pixel + channel] ?? 0);
        }
      }
      const pixels = (bottom - top) * (right - left);
      const at = (row * CELLS + column) * CHANNELS;
      for (const [channel, sum] of sums.entries()) means[at + channel] = Math.round(sum / pixels);
    }
  }
  return means;
}

/** The pixels of a cell; at least one, even in a picture with fewer pixels than cells. */
function range(cell: number, pixels: number): readonly [number, number] {
  const start = Math.min(Math.floor((cell * pixels) / CELLS), pixels - 1);
  return [start, Math.max(start + 1, Math.floor(((cell + 1) * pixels) / CELLS))];
}
