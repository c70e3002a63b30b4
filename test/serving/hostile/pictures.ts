// Files that are sent as pictures: real ones of one pixel, files that claim to be huge, and what only looks like a picture.
import { deflateSync } from "node:zlib";

const GIF = Buffer.from("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==", "base64");

/** A PNG with the size in its header, and as much data as a black picture of this size needs if `isWhole`. */
export function png(width: number, height: number, isWhole: boolean): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8); // eight bits of grey
  const rows = isWhole ? Buffer.alloc((width + 1) * height) : Buffer.alloc(10);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc(named));
  return Buffer.concat([length, named, sum]);
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

const SVG = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><text>&x;</text></svg>`;

/** By name. */
export const PICTURES: Readonly<Record<string, Buffer>> = {
  "a GIF": GIF,
  "a PNG": png(8, 8, true),
  "a PNG of four gigapixels": png(65_000, 65_000, false),
  "a PNG with a side of two billion": png(2_000_000_000, 1, false),
  "a PNG without a size": png(0, 0, false),
  "a PNG that decompresses to much more than it has": png(9000, 9000, true),
  "a line of pixels": png(60_000, 1, true),
  "an SVG": Buffer.from(SVG),
  "an SVG after a mark of byte order": Buffer.from(`\ufeff  ${SVG}`),
  "a GIF that is JavaScript": Buffer.concat([
    Buffer.from("GIF89a=1;/*"),
    Buffer.alloc(50),
    Buffer.from("*/alert(1)"),
  ]),
  "a GIF with a ZIP behind it": Buffer.concat([GIF, Buffer.from("PK\x03\x04", "latin1"), Buffer.alloc(100)]),
  "a page of HTML": Buffer.from("<!doctype html><title>404</title>"),
  "a PDF": Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "latin1"),
  "a JPEG that ends after its start": Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  "a WebP with a wrong length": Buffer.from("RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff", "latin1"),
  "a TIFF whose directory is itself": Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0]),
  noise: Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919 + 31) % 256)),
  nothing: Buffer.alloc(0),
  "a zero": Buffer.alloc(1),
};
