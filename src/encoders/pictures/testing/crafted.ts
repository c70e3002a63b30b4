// Small pictures with misleading headers, for tests, assembled from chunks, segments and boxes.
import { crc32, deflateSync } from "node:zlib";

/** A PNG chunk. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, sum]);
}

/** A grey PNG of one bit per pixel. */
export function flatPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", rows),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Inserts `part` into `file` at `at`. */
export function inserted(file: Uint8Array, at: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([file.subarray(0, at), ...parts, file.subarray(at)]);
}

/** A segment of a JPEG. */
export function jpegSegment(marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, data]);
}

/** A chunk of a RIFF file. */
export function riffChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, "latin1");
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/**
 * A little-endian TIFF of one grey pixel, with entries (tag, type, count, value) in addition to or instead
 * of its own.
 */
export function tiff(
  ...entries: readonly (readonly [tag: number, type: number, count: number, value: number])[]
): Buffer {
  const own = [
    [256, 4, 1, 1],
    [257, 4, 1, 1],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 8],
    [277, 3, 1, 1],
    [278, 4, 1, 1],
    [279, 4, 1, 1],
  ] as const;
  const all = [...own.filter(([tag]) => !entries.some((entry) => entry[0] === tag)), ...entries].sort(
    (a, b) => a[0] - b[0],
  );
  const file = Buffer.alloc(10 + 2 + 12 * all.length + 4);
  file.write("II*\0", 0, "latin1");
  file.writeUInt32LE(10, 4);
  file[8] = 200;
  file.writeUInt16LE(all.length, 10);
  for (const [i, [tag, type, count, value]] of all.entries()) {
    const at = 12 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  }
  return file;
}
