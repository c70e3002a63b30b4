// Numbers different strings in the order of their first occurrence and keeps them as UTF-8 in one buffer: exact, at some 20 bytes a string besides its own.
import { CountList } from "./count-list.ts";
import { hashText, type TextHash } from "./text-hash.ts";

const LEAST_SLOTS = 1024;
const LEAST_BYTES = 16 * 1024;
const FULLEST = 0.66; // linear probing then looks at three slots on average

/** Different strings with numbers from 0. A lone surrogate is kept as U+FFFD, so strings that differ only in those count as equal. */
export class StringIndex {
  /** Number of the string plus 1; 0: the slot is free. */
  #numbers = new Uint32Array(LEAST_SLOTS);
  readonly #hashes = new CountList();
  /** End of each string in the buffer. */
  readonly #ends = new CountList();
  #bytes = Buffer.allocUnsafe(LEAST_BYTES);
  #scratch = Buffer.allocUnsafe(LEAST_BYTES);
  #used = 0;
  readonly #hash: TextHash = { low: 0, high: 0 };

  get size(): number {
    return this.#ends.length;
  }

  /** The number of a string; undefined if it was never added. */
  find(text: string): number | undefined {
    const number = this.#numbers[this.#slotOf(text, this.#write(text))]!; // a slot of the table
    return number === 0 ? undefined : number - 1;
  }

  has(text: string): boolean {
    return this.find(text) !== undefined;
  }

  /** Adds a string and returns its number: `size` before the call if it is new. */
  add(text: string): number {
    if (this.size + 1 > this.#numbers.length * FULLEST) this.#grow();
    const length = this.#write(text);
    const slot = this.#slotOf(text, length);
    const known = this.#numbers[slot]!;
    if (known > 0) return known - 1;
    if (this.#used + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#used + length));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#scratch.copy(this.#bytes, this.#used, 0, length);
    this.#used += length;
    this.#ends.push(this.#used);
    this.#hashes.push(this.#hash.low);
    this.#numbers[slot] = this.size;
    return this.size - 1;
  }

  /** The string with this number. */
  at(number: number): string {
    return this.#bytes.toString("utf8", this.#startOf(number), this.#ends.at(number));
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : this.#ends.at(number - 1);
  }

  /** Writes the string's bytes to the scratch buffer, and returns how many there are. */
  #write(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(text.length * 3);
    return this.#scratch.write(text, 0, "utf8");
  }

  #slotOf(text: string, length: number): number {
    hashText(text, this.#hash);
    const mask = this.#numbers.length - 1;
    let slot = this.#hash.low & mask;
    for (let number = this.#numbers[slot]!; number !== 0; number = this.#numbers[slot]!) {
      if (this.#hashes.at(number - 1) === this.#hash.low && this.#equals(number - 1, length)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #equals(number: number, length: number): boolean {
    const [start, end] = [this.#startOf(number), this.#ends.at(number)];
    return end - start === length && this.#bytes.compare(this.#scratch, 0, length, start, end) === 0;
  }

  #grow(): void {
    this.#numbers = new Uint32Array(2 * this.#numbers.length);
    const mask = this.#numbers.length - 1;
    for (let i = 0; i < this.size; i++) {
      let slot = this.#hashes.at(i) & mask;
      while (this.#numbers[slot] !== 0) slot = (slot + 1) & mask;
      this.#numbers[slot] = i + 1;
    }
  }
}
