// What the readers of picture containers have in common: sizes that a header announces, and the parts of a file that pixels come from.
// A decoder gets nothing else: no text, no colour profile, no further frame or page that it might inflate or walk through.

/** A picture's header, and its file without what pixels do not need. */
export interface LeanPicture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  /** Why the picture would cost more than its pixels say; follows "has". */
  readonly excess?: string | undefined;
}

/** Parts of a file in their order, joined only where something was left out between them. */
export class KeptParts {
  readonly #file: Buffer;
  readonly #ranges: { from: number; to: number }[] = [];

  constructor(file: Buffer) {
    this.#file = file;
  }

  /** Keeps the bytes `[from, to)`, which lie behind those kept before. */
  keep(from: number, to: number): void {
    const end = Math.min(to, this.#file.length);
    const last = this.#ranges.at(-1);
    if (last?.to === from) last.to = end;
    else if (end > from) this.#ranges.push({ from, to: end });
  }

  /** The parts, `tail` behind them; the file's own memory where nothing changes. */
  join(tail?: Uint8Array): Buffer {
    const parts: Uint8Array[] = this.#ranges.map(({ from, to }) => this.#file.subarray(from, to));
    if (tail !== undefined) parts.push(tail);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}
