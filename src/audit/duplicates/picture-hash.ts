// A perceptual hash of a picture: the signs of its low frequencies against their median, those of its mirror image, and the mean colours of its parts.
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";

/** Side of the grey picture whose frequencies are taken, and of the block of low ones: 255 bits without the mean. */
const SIDE = 32;
const LOW = 16;
const CELLS = 8;

/** 32-bit words of a hash. */
const HASH_WORDS = (LOW * LOW) / 32;
/** Mean colours of a picture: red, green and blue of 8 x 8 parts. */
const COLOURS = CELLS * CELLS * 3;

/**
 * Largest number of different bits up to which pictures are copies. Measured on photos (docs/audit.md): at most 34 after scaling to half or
 * strong compression, at most 62 after 5 % were cut off all around, at least 92 between 27,261 pairs of different photos.
 */
const COPY_BITS = 64;

/** Largest mean difference of the colours of copies, in levels of 255. */
const COPY_LEVELS = 40;

/**
 * Largest difference of any colour of close copies. Measured on photos and on drawings of 96 pixels: at most 19 after strong compression, at most 20
 * in 99 of 100 after scaling to half; at least 33 in 99 of 100 pairs of different drawings whose frequencies are alike.
 */
const CLOSE_LEVELS = 20;

/** A picture's hash. */
export interface PictureHash {
  readonly bits: Uint32Array;
  /** The bits of the mirror image. */
  readonly mirrored: Uint32Array;
  readonly colours: Uint8Array;
}

/** `close`: compressed or scaled copies. `cut`: also copies with up to 5 % of their sides cut off; drawings made of the same parts may pass, too. */
export type CopyKind = "close" | "cut";

/** The hash of a decoded picture. */
export function pictureHash(picture: RgbPicture): PictureHash {
  const low = lowFrequencies(greys(picture));
  // Mirroring changes the sign of every odd horizontal frequency.
  const turned = low.map((value, i) => ((i % LOW) % 2 === 0 ? value : -value));
  return { bits: bitsOf(low), mirrored: bitsOf(turned), colours: partMeans(picture, CELLS) };
}

function bitsOf(low: Float64Array): Uint32Array {
  const sorted = Float64Array.from(low.subarray(1)).sort();
  const median = sorted[sorted.length >> 1] ?? 0;
  const bits = new Uint32Array(HASH_WORDS);
  for (let i = 1; i < low.length; i++) if (low[i]! > median) bits[i >> 5]! |= 1 << (i & 31);
  return bits;
}

/** Whether two hashes are of copies of one picture. */
export function areCopies(a: PictureHash, b: PictureHash, kind: CopyKind): boolean {
  if (!areNear(a.bits, b.bits)) return false;
  let [levels, most] = [0, 0];
  for (let i = 0; i < COLOURS; i++) {
    const difference = Math.abs(a.colours[i]! - b.colours[i]!);
    levels += difference;
    most = Math.max(most, difference);
  }
  return kind === "close" ? most <= CLOSE_LEVELS : levels <= COPY_LEVELS * COLOURS;
}

/** Whether a picture resembles the mirror image of another: between pictures that are not copies, as likely as resembling the other itself. */
export function resemblesMirrored(a: PictureHash, b: PictureHash): boolean {
  if (!areNear(a.bits, b.mirrored)) return false;
  let levels = 0;
  for (let row = 0; row < CELLS; row++)
    for (let column = 0; column < CELLS; column++)
      for (let channel = 0; channel < 3; channel++) {
        const here = a.colours[(row * CELLS + column) * 3 + channel]!;
        levels += Math.abs(here - b.colours[(row * CELLS + CELLS - 1 - column) * 3 + channel]!);
      }
  return levels <= COPY_LEVELS * COLOURS;
}

function areNear(a: Uint32Array, b: Uint32Array): boolean {
  let different = 0;
  for (let i = 0; i < HASH_WORDS; i++) {
    different += ones(a[i]! ^ b[i]!);
    if (different > COPY_BITS) return false;
  }
  return true;
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
