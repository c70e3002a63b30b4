// Typed arrays that grow, for numbers of eight bytes; `CountList` is the one of four bytes.

type Values = Float64Array | BigUint64Array;

/** A list in a typed array of one kind. */
export class GrowingArray<Kind extends Values> {
  readonly #kind: new (
    length: number,
  ) => Kind;
  #values: Kind;
  #length = 0;

  constructor(kind: new (length: number) => Kind) {
    this.#kind = kind;
    this.#values = new kind(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: Kind[number]): void {
    if (this.#length === this.#values.length) {
      const larger = new this.#kind(this.#length * 2);
      larger.set(this.#values as never); // of the same kind
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** The numbers so far; a view, valid until the next push. */
  view(): Kind {
    return this.#values.subarray(0, this.#length) as Kind;
  }
}

/** Numbers in order. */
export class GrowingNumbers extends GrowingArray<Float64Array> {
  constructor() {
    super(Float64Array);
  }
}
