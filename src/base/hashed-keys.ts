// A table from the 64-bit hashes of strings to numbers, in typed arrays: 24 bytes for a key on average, where a Map of strings takes hundreds.
import { hashText, type TextHash } from "./text-hash.ts";

const LEAST_SLOTS = 1024;
/** Above this share of used slots the table grows: linear probing then looks at three slots on average. */
const FULLEST = 0.66;

/**
 * Keys by their hash, numbered from 0 in the order of their first occurrence. The strings themselves are not kept, so two different ones count
 * as equal if their hashes are (see `hashText`); where that would matter, compare with `StringIndex`.
 */
export class HashedKeys {
  #low = new Uint32Array(LEAST_SLOTS);
  #high = new Uint32Array(LEAST_SLOTS);
  /** Number of the key plus 1; 0: the slot is free. */
  #numbers = new Uint32Array(LEAST_SLOTS);
  #size = 0;
  readonly #hash: TextHash = { low: 0, high: 0 };

  /** Number of different keys. */
  get size(): number {
    return this.#size;
  }

  /** The number of a key; undefined if it was never added. */
  find(key: string): number | undefined {
    hashText(key, this.#hash);
    const number = this.#numbers[this.#slotOf(this.#hash.low, this.#hash.high)]!; // a slot of the table
    return number === 0 ? undefined : number - 1;
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  /** Adds a key and returns its number: `size` before the call if the key is new. */
  add(key: string): number {
    if (this.#size + 1 > this.#numbers.length * FULLEST) this.#grow();
    hashText(key, this.#hash);
    const { low, high } = this.#hash;
    const slot = this.#slotOf(low, high);
    const known = this.#numbers[slot]!;
    if (known > 0) return known - 1;
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#numbers[slot] = ++this.#size;
    return this.#size - 1;
  }

  /** The slot of a hash, or the free one where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#numbers.length - 1;
    let slot = low & mask;
    while (this.#numbers[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [low, high, numbers] = [this.#low, this.#high, this.#numbers];
    this.#low = new Uint32Array(2 * numbers.length);
    this.#high = new Uint32Array(2 * numbers.length);
    this.#numbers = new Uint32Array(2 * numbers.length);
    for (const [at, number] of numbers.entries()) {
      if (number === 0) continue;
      const slot = this.#slotOf(low[at]!, high[at]!); // arrays of one length
      this.#low[slot] = low[at]!;
      this.#high[slot] = high[at]!;
      this.#numbers[slot] = number;
    }
  }
}
