// WebP: the size of the canvas, and the chunks needed for the first frame.
import { ByteView } from "../byte-view.ts";
import { KeptParts, type LeanPicture } from "./lean-picture.ts";

const RIFF_BYTES = 12;
const CHUNK_HEAD = 8;
/** Flags of the extended header: a colour profile, EXIF and XMP follow. */
const METADATA_FLAGS = 0x20 | 0x08 | 0x04;
const PIXEL_CHUNKS = new Set(["VP8X", "ALPH", "VP8 ", "VP8L", "ANIM"]);

/** The WebP with one frame and without profile and metadata; undefined if the header is incomplete. */
export function leanWebp(file: ByteView): LeanPicture | undefined {
  const size = sizeOf(file);
  if (size === undefined) return undefined;
  const kept = new KeptParts(file);
  kept.keep(0, RIFF_BYTES);
  const isExtended = typeAt(file, RIFF_BYTES) === "VP8X";
  let frames = 0;
  for (let at = RIFF_BYTES; at + CHUNK_HEAD <= file.length; ) {
    const length = file.readUInt32LE(at + 4);
    const end = at + CHUNK_HEAD + length + (length % 2);
    const type = typeAt(file, at);
    if (PIXEL_CHUNKS.has(type) || (type === "ANMF" && frames++ === 0)) kept.keep(at, end);
    at = isExtended ? end : file.length; // a plain file is one chunk
  }
  const joined = kept.join();
  const flags = RIFF_BYTES + CHUNK_HEAD;
  const isLean = joined.length === file.length && (!isExtended || (joined[flags]! & METADATA_FLAGS) === 0); // sizeOf has read it
  if (isLean) return { ...size, bytes: file };
  const bytes = ByteView.copy(joined);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  if (isExtended) bytes[flags] = bytes[flags]! & ~METADATA_FLAGS;
  return { ...size, bytes };
}

function sizeOf(file: ByteView): { readonly width: number; readonly height: number } | undefined {
  if (file.length < 30) return undefined;
  const data = RIFF_BYTES + CHUNK_HEAD;
  switch (typeAt(file, RIFF_BYTES)) {
    case "VP8X":
      return { width: 1 + file.readUInt24LE(data + 4), height: 1 + file.readUInt24LE(data + 7) };
    case "VP8L": {
      const bits = file.readUInt32LE(data + 1);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    case "VP8 ":
      return { width: file.readUInt16LE(data + 6) & 0x3fff, height: file.readUInt16LE(data + 8) & 0x3fff };
    default:
      return undefined;
  }
}

function typeAt(file: ByteView, chunk: number): string {
  return file.latin1(chunk, chunk + 4);
}
