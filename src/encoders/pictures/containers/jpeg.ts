// JPEG: the size in the frame header, the segments needed for pixels, and the number of scans.
import type { ByteView } from "../byte-view.ts";
import { KeptParts, type LeanPicture } from "./lean-picture.ts";

const MARKER = {
  tem: 0x01,
  firstRestart: 0xd0,
  start: 0xd8,
  end: 0xd9,
  scan: 0xda,
  firstApplication: 0xe0,
  adobe: 0xee,
  lastApplication: 0xef,
  comment: 0xfe,
} as const;

/** Frame headers; C4, C8 and CC in between are tables. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const PROGRESSIVE = new Set([0xc2, 0xc6, 0xca, 0xce]);

/** Encoders write about 10 scans; each costs a pass over all pixels, however small it is. */
const MAX_SCANS = 100;
/** Pixels times scans: 20 scans of the largest picture. */
const MAX_SCANNED_PIXELS = 1_800_000_000;

/**
 * The JPEG without comments and application segments other than JFIF's and Adobe's; undefined if there is
 * no complete frame header before the pixels.
 */
export function leanJpeg(file: ByteView): LeanPicture | undefined {
  const kept = new KeptParts(file);
  kept.keep(0, 2);
  let frame:
    | {
        readonly width: number;
        readonly height: number;
        readonly components: number;
        readonly isProgressive: boolean;
      }
    | undefined;
  for (let at = 2; ; ) {
    const start = file.indexOf(0xff, at); // decoders skip bytes between segments
    if (start < 0) return undefined;
    let code = start + 1;
    while (file[code] === 0xff) code++;
    const marker = file[code];
    if (marker === undefined || marker === MARKER.end) return undefined;
    if (isBare(marker)) {
      kept.keep(at, code + 1);
      at = code + 1;
      continue;
    }
    if (code + 3 > file.length) return undefined;
    const end = code + 1 + file.readUInt16BE(code + 1);
    if (FRAMES.has(marker) && frame === undefined) {
      if (code + 9 > file.length) return undefined;
      const components = file[code + 8]!;
      frame = {
        height: file.readUInt16BE(code + 4),
        width: file.readUInt16BE(code + 6),
        components,
        isProgressive: PROGRESSIVE.has(marker),
      };
    }
    if (marker === MARKER.scan) {
      if (frame === undefined) return undefined;
      kept.keep(at, file.length);
      const { width, height } = frame;
      const isOneScan = !frame.isProgressive && file[code + 3] === frame.components;
      const scans = isOneScan ? 1 : countScans(file, start);
      const isExcessive = scans > MAX_SCANS || scans * width * height > MAX_SCANNED_PIXELS;
      return {
        width,
        height,
        bytes: kept.join(),
        ...(isExcessive ? { excess: `${scans} scans of ${width} x ${height} pixels` } : {}),
      };
    }
    if (isNeeded(marker)) kept.keep(at, end);
    at = Math.max(end, code + 3);
  }
}

/** Counts scans from the first marker to the end of the picture, and stops when there are too many. */
function countScans(file: ByteView, first: number): number {
  let scans = 0;
  for (let at = first; scans <= MAX_SCANS; ) {
    const start = file.indexOf(0xff, at);
    const marker = file[start + 1];
    if (start < 0 || marker === undefined || marker === MARKER.end) return scans;
    if (marker === 0xff) at = start + 1;
    else if (isBare(marker)) at = start + 2;
    else {
      if (marker === MARKER.scan) scans++;
      if (start + 4 > file.length) return scans;
      at = start + 2 + file.readUInt16BE(start + 2);
    }
  }
  return scans;
}

/** Markers without a length: stuffed bytes, restarts, start of image. */
function isBare(marker: number): boolean {
  return marker <= MARKER.tem || (marker >= MARKER.firstRestart && marker <= MARKER.start);
}

/** JFIF and Adobe segments define how colours are stored. */
function isNeeded(marker: number): boolean {
  if (marker === MARKER.firstApplication || marker === MARKER.adobe) return true;
  return marker !== MARKER.comment && !(marker > MARKER.firstApplication && marker <= MARKER.lastApplication);
}
