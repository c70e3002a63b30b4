// Shared by the readers of picture containers: sizes from the header, and the parts of a file needed for
// pixels. The decoder gets only these: no text, colour profile, or further frame or page that it might
// decompress or parse.
import { ByteView } from "../byte-view.ts";

/** A picture's size, and its file without the parts that pixels do not need. */
export interface LeanPicture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  /** Why the picture would cost more than its size suggests; follows "has". */
  readonly excess?: string | undefined;
}

/** Parts of a file in order; copied only if something between them is omitted. */
export class KeptParts {
  readonly #file: ByteView;
  readonly #ranges: { from: number; to: number }[] = [];

  constructor(file: ByteView) {
    this.#file = file;
  }

  /** Keeps the bytes `[from, to)`, which must follow those kept before. */
  keep(from: number, to: number): void {
    const end = Math.min(to, this.#file.length);
    const last = this.#ranges.at(-1);
    if (last?.to === from) last.to = end;
    else if (end > from) this.#ranges.push({ from, to: end });
  }

  /** The parts followed by `tail`; shares the file's memory if nothing changes. */
  join(tail?: Uint8Array): ByteView {
    const parts: Uint8Array[] = this.#ranges.map(({ from, to }) => this.#file.subarray(from, to));
    if (tail !== undefined) parts.push(tail);
    return parts.length === 1 ? (parts[0] as ByteView) : ByteView.join(parts);
  }
}
