// TIFF: the sizes in the first directory, and the file without further directories.
import { ByteView } from "../byte-view.ts";

import { MAX_PIXELS } from "../limits.ts";
import type { LeanPicture } from "./lean-picture.ts";

const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  photometric: 262,
  samples: 277,
  tileWidth: 322,
  tileHeight: 323,
  subDirectories: 330,
  dngVersion: 50706,
} as const;
const ENTRY_BYTES = 12;
/** Bytes of a value by its type's number. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** Colour filter arrays of sensors, which the decoder cannot convert. */
const SENSOR_PHOTOMETRIC = new Set([32803, 34892]);
/** Bytes of all samples: four of 16 bits for each pixel of the largest picture. */
const MAX_SAMPLE_BYTES = 8 * MAX_PIXELS;

/**
 * Content of the first directory. `isRaw`: the file holds raw sensor data, and only its thumbnail could be
 * decoded.
 */
export interface LeanTiff extends LeanPicture {
  readonly isRaw: boolean;
}

/** The TIFF as one page; undefined if the first directory is incomplete or refers beyond the file. */
export function leanTiff(file: ByteView): LeanTiff | undefined {
  const isLittle = file[0] === 0x49;
  const u16 = (at: number) => (isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number) => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  if (file.length < 8) return undefined;
  const directory = u32(4);
  if (directory < 8 || directory + 2 > file.length) return undefined;
  const next = directory + 2 + ENTRY_BYTES * u16(directory);
  if (next + 4 > file.length) return undefined;
  const values = new Map<number, number>();
  for (let at = directory + 2; at < next; at += ENTRY_BYTES) {
    const [tag, type, count] = [u16(at), u16(at + 2), u32(at + 4)];
    const size = TYPE_BYTES[type] ?? 0;
    if (size * count > file.length) return undefined;
    const place = size * count <= 4 ? at + 8 : u32(at + 8);
    if (place + size > file.length) return undefined;
    if (!values.has(tag) && count > 0)
      values.set(tag, size === 1 ? file[place]! : size === 2 ? u16(place) : u32(place));
  }
  const width = values.get(TAG.width);
  const height = values.get(TAG.height);
  if (width === undefined || height === undefined) return undefined;
  const excess = excessOf(width, height, values);
  return {
    width,
    height,
    bytes: withoutFurtherPages(file, next),
    isRaw: isRaw(values),
    excess,
  };
}

function excessOf(width: number, height: number, values: ReadonlyMap<number, number>): string | undefined {
  const sampleBytes = (values.get(TAG.samples) ?? 1) * Math.ceil((values.get(TAG.bits) ?? 1) / 8);
  const tile = [values.get(TAG.tileWidth) ?? 0, values.get(TAG.tileHeight) ?? 0] as const;
  if (tile[0] * tile[1] * sampleBytes > MAX_SAMPLE_BYTES) return `tiles of ${tile[0]} x ${tile[1]} pixels`;
  if (width * height * sampleBytes > MAX_SAMPLE_BYTES)
    return `${sampleBytes} bytes for each of ${width} x ${height} pixels`;
  return undefined;
}

/** DNG has a tag for it; other raw files hold a thumbnail, and the sensor's picture in a subdirectory. */
function isRaw(values: ReadonlyMap<number, number>): boolean {
  const isThumbnail = ((values.get(TAG.subfileType) ?? 0) & 1) === 1;
  return (
    values.has(TAG.dngVersion) ||
    SENSOR_PHOTOMETRIC.has(values.get(TAG.photometric) ?? 0) ||
    (isThumbnail && values.has(TAG.subDirectories))
  );
}

/** Decoders read all directories to count pages; these may be arbitrarily long or circular. */
function withoutFurtherPages(file: ByteView, next: number): ByteView {
  if (file.readUInt32LE(next) === 0) return file;
  const single = ByteView.copy(file);
  single.writeUInt32LE(0, next);
  return single;
}
