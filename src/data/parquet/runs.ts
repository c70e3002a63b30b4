// Strict reader for Parquet's hybrid of run lengths and bit packing: no run may have too many values or reach past the end of the bytes.
// hyparquet writes a run of any declared length into its arrays.
// Format: https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE = 3)
import { Malformed } from "./malformed.ts";

/** The part of a page with runs. */
export interface RunBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const MAX_WIDTH = 24; // hyparquet shifts in 32 bits, so wider values would be wrong; no real dictionary has 2^24 entries

const MAX_GROUPS = 2 ** 26; // of eight values; hyparquet counts them in 32 bits

/**
 * Visits `count` values of `width` bits each, and returns the offset after them.
 *
 * @throws Malformed
 */
export function walkRuns(
  { bytes, start, end }: RunBytes,
  width: number,
  count: number,
  visit: (value: number, times: number) => void,
): number {
  if (width > MAX_WIDTH) throw new Malformed(`values of ${width} bits are wider than ${MAX_WIDTH}`);
  let at = start;
  let seen = 0;
  while (seen < count) {
    let head = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = at < end ? bytes[at++] : undefined;
      if (byte === undefined || shift > 28) throw new Malformed("a run of values reaches outside its page");
      head += (byte & 127) * 2 ** shift;
      more = byte >= 128;
    }
    const packed = head % 2 === 1;
    const size = Math.floor(head / 2);
    if (packed) {
      // The last group may be padded, even with more than necessary if the bytes are there.
      const tooMany = width === 0 ? size * 8 > count - seen + 7 : size * width > end - at;
      if (tooMany || size > MAX_GROUPS)
        throw new Malformed(`${size * 8} packed values reach outside their page`);
      const values = Math.min(size * 8, count - seen);
      for (let i = 0; i < values; i++) visit(bitsAt(bytes, at * 8 + i * width, width), 1);
      at += size * width;
      seen += values;
    } else {
      if (size > count - seen)
        throw new Malformed(`a run of ${size} values, but only ${count - seen} remain`);
      const byteWidth = Math.ceil(width / 8);
      if (byteWidth > end - at) throw new Malformed("a repeated value reaches outside its page");
      visit(bitsAt(bytes, at * 8, byteWidth * 8), size);
      at += byteWidth;
      seen += size;
    }
  }
  return at;
}

/** The unsigned number of `width` bits that starts at a bit, least significant bit first. */
function bitsAt(bytes: Uint8Array, bit: number, width: number): number {
  let value = 0;
  let at = bit >>> 3;
  let skip = bit & 7;
  for (let got = 0; got < width; ) {
    const take = Math.min(8 - skip, width - got);
    value += (((bytes[at] ?? 0) >>> skip) & ((1 << take) - 1)) * 2 ** got;
    got += take;
    skip = 0;
    at++;
  }
  return value;
}
