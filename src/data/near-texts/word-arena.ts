// The words of many texts as hashes, in one array.
import { CountList } from "../../base/count-list.ts";
import { GrowingNumbers } from "../../base/growing-array.ts";
import { hashOf } from "../../base/hash53.ts";

/** Words of a text that are compared: a post has fewer, and two articles with so much in common are versions of one. */
const MAX_WORDS = 256;

/** Words that are kept of all texts together: 256 MiB. */
const MAX_TOTAL = 2 ** 26;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const ADDRESS = /https?:\S+/gu;

/** Texts by their order of arrival. */
export class WordArena {
  readonly #words = new CountList();
  readonly #starts = new GrowingNumbers();
  /** Texts of which no word was kept, because the arena is full. */
  leftOut = 0;

  get size(): number {
    return this.#starts.length;
  }

  /** Adds a text's words without case, addresses and punctuation, in which copies differ. */
  add(text: string): void {
    this.#starts.push(this.#words.length);
    const isFull = this.#words.length >= MAX_TOTAL;
    if (isFull) this.leftOut++;
    if (isFull) return;
    let count = 0;
    for (const [word] of text.normalize("NFC").toLowerCase().replace(ADDRESS, " ").matchAll(WORD)) {
      if (count++ === MAX_WORDS) break;
      this.#words.push(hashOf(word) % 2 ** 32);
    }
  }

  words(text: number): Uint32Array {
    const starts = this.#starts.view();
    return this.#words.view().subarray(starts[text], starts[text + 1] ?? this.#words.length);
  }
}
