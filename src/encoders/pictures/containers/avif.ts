// AVIF: reads the sizes in its boxes, and rejects content that could make a decoder decompress or follow
// too much.

import { isoMediaBrands } from "../brands.ts";
import { ByteView } from "../byte-view.ts";
import type { LeanPicture } from "./lean-picture.ts";

interface Box {
  readonly type: string;
  /** Position of the type. */
  readonly at: number;
  /** Half-open byte range of the content. */
  readonly from: number;
  readonly to: number;
}

/** Version and flags before the content of a full box. */
const FULL_BOX_BYTES = 4;
/** Tiled pictures have a few dozen. */
const MAX_BOXES = 10_000;
/** Major brands that decoders accept as a picture. */
const MAJOR_BRANDS = new Set(["avif", "avis", "mif1", "msf1"]);

/**
 * The largest size in an AVIF, and its file without films; undefined if its boxes are incomplete or contain
 * no size.
 */
export function leanAvif(file: ByteView): LeanPicture | undefined {
  const top = boxesIn(file, 0, file.length);
  const meta = top?.find(({ type }) => type === "meta");
  const inMeta = meta && boxesIn(file, meta.from + FULL_BOX_BYTES, meta.to);
  if (top === undefined || inMeta === undefined) return undefined;
  const child = (boxes: readonly Box[] | undefined, type: string) => boxes?.find((box) => box.type === type);
  const properties = child(inMeta, "iprp");
  const container = child(properties && boxesIn(file, properties.from, properties.to), "ipco");
  const all = (container && boxesIn(file, container.from, container.to)) ?? [];
  const sizes = all
    .filter(({ type, from, to }) => type === "ispe" && to - from >= FULL_BOX_BYTES + 8)
    .map(({ from }) => ({ width: file.readUInt32BE(from + 4), height: file.readUInt32BE(from + 8) }))
    .sort((a, b) => b.width * b.height - a.width * a.height);
  const largest = sizes[0];
  if (largest === undefined) return undefined;
  const items = child(inMeta, "iinf");
  const isCompressed = items !== undefined && hasCompressedItem(file, items);
  return {
    ...largest,
    bytes: withoutFilms(file, top),
    ...(isCompressed ? { excess: "compressed metadata" } : {}),
  };
}

/** The boxes in a range; undefined if one extends beyond it, or there are too many. */
function boxesIn(file: ByteView, from: number, to: number): Box[] | undefined {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const announced = file.readUInt32BE(at);
    const isLong = announced === 1;
    if (isLong && at + 16 > to) return undefined;
    const size = isLong ? Number(file.readBigUInt64BE(at + 8)) : announced === 0 ? to - at : announced;
    const head = isLong ? 16 : 8;
    if (size < head || at + size > to || boxes.length === MAX_BOXES) return undefined;
    boxes.push({ type: file.latin1(at + 4, at + 8), at: at + 4, from: at + head, to: at + size });
    at += size;
  }
  return boxes;
}

/** Whether a metadata item is compressed. */
function hasCompressedItem(file: ByteView, { from, to }: Box): boolean {
  const first = from + FULL_BOX_BYTES + (file[from] === 0 ? 2 : 4); // after the number of items
  return (boxesIn(file, first, to) ?? []).some((item) => {
    const id = file[item.from] === 2 ? 2 : 4;
    const type = item.from + FULL_BOX_BYTES + id + 2;
    if (item.type !== "infe" || file.latin1(type, type + 4) !== "mime") return false;
    const [, , encoding = ""] = file.latin1(type + 4, Math.min(item.to, type + 4096)).split("\0");
    return encoding !== "";
  });
}

/** The file may contain a film too, so a compatible brand may be the relevant one. */
function withoutFilms(file: ByteView, top: readonly Box[]): ByteView {
  const films = top.filter(({ type }) => type === "moov");
  const isKnown = MAJOR_BRANDS.has(isoMediaBrands(file)[0] ?? "");
  if (films.length === 0 && isKnown) return file;
  const changed = ByteView.copy(file);
  for (const { at } of films) changed.writeLatin1("free", at);
  if (!isKnown) changed.writeLatin1("avif", 8);
  return changed;
}
