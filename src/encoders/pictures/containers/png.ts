// PNG: the size in the header, and the chunks needed for pixels.
import type { ByteView } from "../byte-view.ts";
import { KeptParts, type LeanPicture } from "./lean-picture.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_FRAME = 12;
const HEADER_BYTES = 13;

/**
 * The PNG without ancillary chunks (texts, profiles, animation) other than transparency; undefined if the
 * header is incomplete.
 */
export function leanPng(file: ByteView): LeanPicture | undefined {
  if (file.length < SIGNATURE_BYTES + CHUNK_FRAME + HEADER_BYTES) return undefined;
  if (file.readUInt32BE(SIGNATURE_BYTES) !== HEADER_BYTES || typeAt(file, SIGNATURE_BYTES) !== "IHDR")
    return undefined;
  const kept = new KeptParts(file);
  kept.keep(0, SIGNATURE_BYTES);
  for (let at = SIGNATURE_BYTES; at + CHUNK_FRAME <= file.length; ) {
    const end = at + CHUNK_FRAME + file.readUInt32BE(at);
    const type = typeAt(file, at);
    if (isCritical(file, at) || type === "tRNS") kept.keep(at, end);
    if (type === "IEND") break;
    at = end;
  }
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20), bytes: kept.join() };
}

function typeAt(file: ByteView, chunk: number): string {
  return file.latin1(chunk + 4, chunk + 8);
}

/** A capital first letter marks a critical chunk. */
function isCritical(file: ByteView, chunk: number): boolean {
  return (file[chunk + 4]! & 0x20) === 0; // the caller has checked that the chunk is complete
}
