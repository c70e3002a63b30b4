// Out-of-fold scores in a folder, one file per fold: a killed audit continues after the last finished fold, and a second one costs nothing.

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { readWholeFile } from "../../base/whole-file.ts";

/** The scores of one set of documents and settings, which the name stands for. */
export class KeptScores {
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  /** The logits of a fold, if there are any. */
  async read(fold: number): Promise<Float32Array | undefined> {
    const path = this.#path(fold);
    if (!existsSync(path)) return undefined;
    const bytes = await readWholeFile(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  /** The file appears whole or not at all. */
  async write(fold: number, logits: Float32Array): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await replaceOwnFile(
      this.#path(fold),
      new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength),
    );
  }

  #path(fold: number): string {
    return join(this.#folder, `${this.#name}-fold-${fold}.f32`);
  }
}
