// What views look like, in a few bytes, so that near duplicates are found without their pixels: a difference hash of a picture
// (Krawetz, "Kind of Like That", 2013, here per colour channel), the name of a picture of a collection, the words of a text.
import type { RgbPicture } from "../encoders/pictures/index.ts";
import { sha256 } from "./sha256.ts";

const COLUMNS = 9; // neighbours in a row are compared: 8 bits
const ROWS = 8;
const CHANNELS = 3; // a red and a green drawing of the same thing are not the same picture
/** A smaller step between neighbours is noise of compression. */
const SMALLEST_STEP = 2;

/**
 * Most bits of 192 in which near duplicates differ, by default. A picture that was compressed again or scaled differs in 0 to 4; drawings
 * that differ in one small shape already in 6 and more.
 */
export const NEAR_DUPLICATE_BITS = 4;

/** The look of a picture: 64 bits per colour channel, each telling whether brightness rises to the right. */
export function lookOfPicture(picture: RgbPicture): string {
  const means = cellMeans(picture);
  const bytes = Buffer.alloc(CHANNELS * ROWS);
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let row = 0; row < ROWS; row++) {
      let bits = 0;
      for (let column = 0; column + 1 < COLUMNS; column++) {
        const at = (row * COLUMNS + column) * CHANNELS + channel;
        const step = (means[at + CHANNELS] ?? 0) - (means[at] ?? 0);
        bits = (bits << 1) | (step > SMALLEST_STEP ? 1 : 0);
      }
      bytes[channel * ROWS + row] = bits;
    }
  }
  return `pixels:${bytes.toString("hex")}`;
}

/** The look of a picture of which only the name is at hand. */
export function lookOfName(name: string): string {
  return `name:${name}`;
}

/** The look of a text: its words, whatever their case and spacing. */
export function lookOfText(text: string): string {
  return `text:${sha256(text.normalize("NFC").toLowerCase().trim().replace(/\s+/gu, " "))}`;
}

/** Whether two looks of the same kind differ in at most `bits`; texts and names must be equal. */
export function resembles(a: string, b: string, bits: number): boolean {
  if (a === b) return true;
  if (!a.startsWith("pixels:") || !b.startsWith("pixels:")) return false;
  const left = Buffer.from(a.slice("pixels:".length), "hex");
  const right = Buffer.from(b.slice("pixels:".length), "hex");
  let different = 0;
  for (let i = 0; i < left.length; i++) {
    for (let rest = (left[i] ?? 0) ^ (right[i] ?? 0); rest !== 0; rest &= rest - 1) different++;
  }
  return different <= bits;
}

/** Mean colour of each of 9 x 8 cells, row by row, red, green and blue of a cell beside each other. */
function cellMeans({ width, height, data }: RgbPicture): Float64Array {
  const means = new Float64Array(COLUMNS * ROWS * CHANNELS);
  for (let row = 0; row < ROWS; row++) {
    const [top, bottom] = range(row, ROWS, height);
    for (let column = 0; column < COLUMNS; column++) {
      const [left, right] = range(column, COLUMNS, width);
      const at = (row * COLUMNS + column) * CHANNELS;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const pixel = (y * width + x) * CHANNELS;
          for (let channel = 0; channel < CHANNELS; channel++)
            means[at + channel] = (means[at + channel] ?? 0) + (data[pixel + channel] ?? 0);
        }
      }
      const pixels = (bottom - top) * (right - left);
      for (let channel = 0; channel < CHANNELS; channel++)
        means[at + channel] = (means[at + channel] ?? 0) / pixels;
    }
  }
  return means;
}

/** The pixels of a cell; at least one, also in a picture with fewer pixels than cells. */
function range(cell: number, cells: number, pixels: number): readonly [number, number] {
  const start = Math.min(Math.floor((cell * pixels) / cells), pixels - 1);
  return [start, Math.max(start + 1, Math.floor(((cell + 1) * pixels) / cells))];
}
