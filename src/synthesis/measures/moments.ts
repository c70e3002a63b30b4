// Count, mean and standard deviation of a stream of numbers (Welford 1962).

export interface Summary {
  readonly count: number;
  /** 0 for no numbers. */
  readonly mean: number;
  /** Sample standard deviation; 0 for fewer than two numbers. */
  readonly spread: number;
}

export class Moments {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count++;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
  }

  summary(): Summary {
    const spread = this.#count < 2 ? 0 : Math.sqrt(this.#squares / (this.#count - 1));
    return { count: this.#count, mean: this.#mean, spread };
  }
}
