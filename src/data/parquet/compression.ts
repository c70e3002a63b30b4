// Decompresses Parquet pages with a bound: a page must have exactly the size in its header.
import * as zlib from "node:zlib";
import { Decompress as ZstdStream } from "fzstd";
import { Malformed, Unsupported } from "./malformed.ts";

type Decompress = (input: Uint8Array, size: number) => Uint8Array;
type ZlibCall = (input: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

/** Decompressors by the codec's name in Parquet; `UNCOMPRESSED` needs none. */
export const DECOMPRESSORS = {
  SNAPPY: orNothing(decompressSnappy),
  GZIP: orNothing((input, size) => withZlib(zlib.gunzipSync, input, size)),
  BROTLI: orNothing((input, size) => withZlib(zlib.brotliDecompressSync, input, size)),
  ZSTD: orNothing(decompressZstd),
} as const;

/** The bytes of a page. @throws Malformed, Unsupported */
export function decompress(codec: string | undefined, input: Uint8Array, size: number): Uint8Array {
  const known: Readonly<Record<string, Decompress>> = DECOMPRESSORS;
  const decompressor = codec !== undefined && Object.hasOwn(known, codec) ? known[codec] : undefined;
  if (codec !== "UNCOMPRESSED" && decompressor === undefined) {
    throw new Unsupported(
      `the compression ${codec} is not supported`,
      "Write the file again with compression snappy, gzip, brotli, zstd or none.",
    );
  }
  const bytes = decompressor === undefined ? input : decompressor(input, size);
  if (bytes.length !== size)
    throw new Malformed(`a page has ${bytes.length} bytes, but its header says ${size}`);
  return bytes;
}

/** With any codec, zero bytes are an empty page. */
function orNothing(inner: Decompress): Decompress {
  return (input, size) => (input.length === 0 && size === 0 ? input : inner(input, size));
}

function withZlib(call: ZlibCall, input: Uint8Array, size: number): Uint8Array {
  try {
    return call(input, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw new Malformed(`a page cannot be decompressed: ${error instanceof Error ? error.message : error}`);
  }
}

/** Node supports zstd since 22.15; earlier versions use a JavaScript decoder. */
function decompressZstd(input: Uint8Array, size: number): Uint8Array {
  const call = (zlib as { readonly zstdDecompressSync?: ZlibCall }).zstdDecompressSync;
  if (call !== undefined) return withZlib(call, input, size);
  checkZstdFrame(input, size);
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new ZstdStream((piece) => {
      length += piece.length;
      if (length > size) throw new Error(`it decompresses to more than ${size} bytes`);
      pieces.push(piece);
    });
    stream.push(input, true);
    return Buffer.concat(pieces);
  } catch (error) {
    throw new Malformed(`a page cannot be decompressed: ${error instanceof Error ? error.message : error}`);
  }
}

const ZSTD_MAGIC = 0xfd2fb528;
const MAX_WINDOW_LOG = 27; // zstd's default limit; a decoder allocates the window that a frame declares

/** Compares the sizes in a zstd frame with the page before anything is allocated. */
function checkZstdFrame(input: Uint8Array, size: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.length < 6 || view.getUint32(0, true) !== ZSTD_MAGIC) return; // the decoder reports the fault
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 32) !== 0;
  if (!isSingle && (view.getUint8(5) >>> 3) + 10 > MAX_WINDOW_LOG)
    throw new Malformed("a zstd page claims a window of more than 128 MiB");
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const width = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  if (width === 0 || at + width > input.length) return;
  const content =
    width === 1
      ? view.getUint8(at)
      : width === 2
        ? view.getUint16(at, true) + 256
        : width === 4
          ? view.getUint32(at, true)
          : Number(view.getBigUint64(at, true));
  if (content > size) throw new Malformed(`a zstd page claims ${content} bytes, but its header says ${size}`);
}

/**
 * Decompresses a raw snappy block. hyparquet's decoder can loop forever on back references if a length is damaged.
 *
 * Format: https://github.com/google/snappy/blob/main/format_description.txt
 */
function decompressSnappy(input: Uint8Array, size: number): Uint8Array {
  let at = 0;
  const byte = (): number => {
    const value = input[at++];
    if (value === undefined) throw new Malformed("a snappy page ends too early");
    return value;
  };
  const littleEndian = (bytes: number): number => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += byte() * 2 ** (8 * i);
    return value;
  };
  let claimed = 0;
  for (let shift = 0, more = true; more; shift += 7) {
    const next = byte();
    if (shift > 28) throw new Malformed("a snappy page does not say its size");
    claimed += (next & 127) * 2 ** shift;
    more = next >= 128;
  }
  if (claimed !== size)
    throw new Malformed(`a snappy page claims ${claimed} bytes, but its header says ${size}`);
  const output = new Uint8Array(size);
  let written = 0;
  while (at < input.length) {
    const tag = byte();
    const kind = tag & 3;
    if (kind === 0) {
      const code = tag >>> 2;
      const length = (code < 60 ? code : littleEndian(code - 59)) + 1;
      if (length > input.length - at || length > size - written)
        throw new Malformed("a snappy literal is too long");
      output.set(input.subarray(at, at + length), written);
      at += length;
      written += length;
      continue;
    }
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offset = kind === 1 ? (tag >>> 5) * 256 + byte() : littleEndian(kind === 2 ? 2 : 4);
    if (offset === 0 || offset > written || length > size - written) {
      throw new Malformed("a snappy reference points outside its page");
    }
    // Source and target may overlap: snappy repeats patterns this way.
    for (let i = 0; i < length; i++) output[written + i] = output[written - offset + i]!; // inside: checked above
    written += length;
  }
  if (written !== size)
    throw new Malformed(`a snappy page decompresses to ${written} bytes, but claims ${size}`);
  return output;
}
