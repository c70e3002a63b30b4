// A perceptual hash of a picture: the signs of its low frequencies against their median, and the mean colours of its parts.
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";

/** Side of the grey picture whose frequencies are taken, and of the block of low ones: 255 bits without the mean. */
const SIDE = 32;
const LOW = 16;
const CELLS = 4;

/** 32-bit words of a hash. */
const HASH_WORDS = (LOW * LOW) / 32;
/** Mean colours of a picture: red, green and blue of 4 x 4 parts. */
const COLOURS = CELLS * CELLS * 3;

/**
 * Largest number of different bits up to which pictures are copies. Measured on photos (docs/audit.md): at most 34 after scaling to half or
 * strong compression, at most 62 after 5 % were cut off all around, at least 92 between 27,261 pairs of different photos.
 */
const COPY_BITS = 64;

/** Largest mean difference of colours of copies, in levels of 255: drawings with large plain areas have few frequencies to tell them apart. */
const COPY_LEVELS = 40;

/** A picture's hash. */
export interface PictureHash {
  readonly bits: Uint32Array;
  readonly colours: Uint8Array;
}

/** The hash of a decoded picture. */
export function pictureHash(picture: RgbPicture): PictureHash {
  const low = lowFrequencies(greys(picture));
  const sorted = Float64Array.from(low.subarray(1)).sort();
  const median = sorted[sorted.length >> 1] ?? 0;
  const bits = new Uint32Array(HASH_WORDS);
  for (let i = 1; i < low.length; i++) if (low[i]! > median) bits[i >> 5]! |= 1 << (i & 31);
  return { bits, colours: partMeans(picture, CELLS) };
}

/** Whether two hashes are of copies of one picture. */
export function areCopies(a: PictureHash, b: PictureHash): boolean {
  let different = 0;
  for (let i = 0; i < HASH_WORDS; i++) {
    different += ones(a.bits[i]! ^ b.bits[i]!);
    if (different > COPY_BITS) return false;
  }
  let levels = 0;
  for (let i = 0; i < COLOURS; i++) levels += Math.abs(a.colours[i]! - b.colours[i]!);
  return levels <= COPY_LEVELS * COLOURS;
}

/** Mean luminance of each of 32 x 32 parts (ITU-R BT.601). */
function greys(picture: RgbPicture): Float64Array {
  const means = partMeans(picture, SIDE);
  return Float64Array.from(
    { length: SIDE * SIDE },
    (_, i) => 0.299 * means[3 * i]! + 0.587 * means[3 * i + 1]! + 0.114 * means[3 * i + 2]!,
  );
}

/** Mean red, green and blue of each part, row by row. */
function partMeans({ width, height, data }: RgbPicture, parts: number): Uint8Array {
  const means = new Uint8Array(parts * parts * 3);
  for (let row = 0; row < parts; row++) {
    const [top, bottom] = range(row, height, parts);
    for (let column = 0; column < parts; column++) {
      const [left, right] = range(column, width, parts);
      const sums = [0, 0, 0];
      for (let y = top; y < bottom; y++)
        for (let at = (y * width + left) * 3; at < (y * width + right) * 3; at += 3)
          for (let channel = 0; channel < 3; channel++) sums[channel]! += data[at + channel]!;
      for (const [channel, sum] of sums.entries())
        means[(row * parts + column) * 3 + channel] = Math.round(sum / ((bottom - top) * (right - left)));
    }
  }
  return means;
}

function range(part: number, pixels: number, parts: number): readonly [number, number] {
  const start = Math.min(Math.floor((part * pixels) / parts), pixels - 1);
  return [start, Math.max(start + 1, Math.floor(((part + 1) * pixels) / parts))];
}

const COSINES = Array.from({ length: LOW }, (_, k) =>
  Float64Array.from({ length: SIDE }, (_, n) => Math.cos((Math.PI * (n + 0.5) * k) / SIDE)),
);

/** The lowest frequencies of the two-dimensional discrete cosine transform (type II). */
function lowFrequencies(grey: Float64Array): Float64Array {
  const columns = new Float64Array(LOW * SIDE);
  for (let k = 0; k < LOW; k++)
    for (let x = 0; x < SIDE; x++)
      for (let n = 0; n < SIDE; n++) columns[k * SIDE + x]! += COSINES[k]![n]! * grey[n * SIDE + x]!;
  const low = new Float64Array(LOW * LOW);
  for (let k = 0; k < LOW; k++)
    for (let l = 0; l < LOW; l++)
      for (let n = 0; n < SIDE; n++) low[k * LOW + l]! += COSINES[l]![n]! * columns[k * SIDE + n]!;
  return low;
}

function ones(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
