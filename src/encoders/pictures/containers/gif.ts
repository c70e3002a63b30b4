// GIF: the size of the canvas, and the blocks up to the end of the first frame.
import { ByteView } from "../byte-view.ts";
import { KeptParts, type LeanPicture } from "./lean-picture.ts";

const SCREEN_END = 13;
const BLOCK = { extension: 0x21, frame: 0x2c, end: 0x3b } as const;
const GRAPHIC_CONTROL = 0xf9;
const FRAME_BYTES = 10;
const TRAILER = ByteView.copy([BLOCK.end]);

/** The GIF up to the end of its first frame, without comments; undefined if the frame header is incomplete. */
export function leanGif(file: ByteView): LeanPicture | undefined {
  if (file.length < SCREEN_END) return undefined;
  const kept = new KeptParts(file);
  let at = SCREEN_END + colourBytes(file[10]!); // within the screen descriptor
  kept.keep(0, at);
  for (;;) {
    const block = file[at];
    if (block === BLOCK.extension) {
      const end = afterSubBlocks(file, at + 2);
      if (end === undefined) return undefined;
      if (file[at + 1] === GRAPHIC_CONTROL) kept.keep(at, end);
      at = end;
      continue;
    }
    if (block !== BLOCK.frame || at + FRAME_BYTES > file.length) return undefined;
    const data = at + FRAME_BYTES + colourBytes(file[at + 9]!) + 1; // after the code size
    const end = afterSubBlocks(file, data);
    kept.keep(at, end ?? file.length);
    // A frame that extends beyond the canvas enlarges it.
    return {
      width: Math.max(file.readUInt16LE(6), file.readUInt16LE(at + 1) + file.readUInt16LE(at + 5)),
      height: Math.max(file.readUInt16LE(8), file.readUInt16LE(at + 3) + file.readUInt16LE(at + 7)),
      bytes: kept.join(end === undefined ? undefined : TRAILER),
    };
  }
}

/** Size of the colour table according to a descriptor's flags. */
function colourBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** The position after a chain of sub-blocks; undefined if the file ends before it. */
function afterSubBlocks(file: ByteView, first: number): number | undefined {
  for (let at = first; at < file.length; ) {
    const size = file[at]!; // within the file
    at += 1 + size;
    if (size === 0) return at;
  }
  return undefined;
}
