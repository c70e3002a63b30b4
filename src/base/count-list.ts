// A growing list of whole numbers from 0 to 2^32 - 1 in a typed array: 4 bytes each.

const LEAST = 256;

/** Numbers by position; positions that were never set are 0. */
export class CountList {
  #values = new Uint32Array(LEAST);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The number at a position; 0 beyond the end. */
  at(position: number): number {
    return position < this.#length ? this.#values[position]! : 0; // within the array
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  /** Sets a number; the list grows to the position. */
  set(position: number, value: number): void {
    if (position >= this.#values.length) {
      const larger = new Uint32Array(Math.max(2 * this.#values.length, position + 1));
      larger.set(this.#values);
      this.#values = larger;
    }
    if (position >= this.#length) this.#length = position + 1;
    this.#values[position] = value;
  }

  /** The numbers so far; a view, valid until the list grows. */
  view(): Uint32Array {
    return this.#values.subarray(0, this.#length);
  }

  increment(position: number, by = 1): void {
    this.set(position, this.at(position) + by);
  }
}
