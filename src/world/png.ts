// PNG files of canvases: stored without compression, so that the file size reveals nothing, with an
// optional note in a text chunk.
import { crc32 } from "node:zlib";
import type { Canvas } from "./canvas.ts";

const SIGNATURE_BYTES = 8;
const KEYWORD = "relata-simulator"; // of the tEXt chunk (PNG specification 11.3.3.2)

/** Encodes the canvas as a PNG file; `note` (Latin-1) goes into a text chunk that decoders ignore. */
export async function encodePng({ width, height, data }: Canvas, note?: string): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0, adaptiveFiltering: false })
    .toBuffer();
  if (note === undefined) return png;
  const afterHeader = SIGNATURE_BYTES + chunkSize(png, SIGNATURE_BYTES); // IHDR is the first chunk
  return Buffer.concat([png.subarray(0, afterHeader), textChunk(note), png.subarray(afterHeader)]);
}

/** The note of a PNG file from `encodePng`; undefined if there is none, or the bytes are not a PNG file. */
export function readPngNote(bytes: Uint8Array): string | undefined {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (png.subarray(1, 4).toString("latin1") !== "PNG") return undefined;
  for (let at = SIGNATURE_BYTES; at + 12 <= png.length; at += chunkSize(png, at)) {
    const type = png.subarray(at + 4, at + 8).toString("latin1");
    if (type !== "tEXt") continue;
    const body = png.subarray(at + 8, at + chunkSize(png, at) - 4).toString("latin1");
    if (body.startsWith(`${KEYWORD}\0`)) return body.slice(KEYWORD.length + 1);
  }
  return undefined;
}

/** Encodes a chunk: length, type, body and checksum. */
function chunkSize(png: Buffer, at: number): number {
  return 12 + png.readUInt32BE(at);
}

function textChunk(note: string): Buffer {
  const body = Buffer.from(`tEXt${KEYWORD}\0${note}`, "latin1");
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(body.length - 4, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), 4 + body.length);
  return framed;
}
