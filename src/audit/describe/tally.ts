// Counts whole numbers by value: exact quantiles of a million lengths in the memory of their few different values.

/** Where numbers lie. */
export interface Quantities {
  /** How many numbers there are. */
  readonly count: number;
  readonly total: number;
  readonly mean: number;
  readonly min: number;
  readonly p5: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
  readonly max: number;
}

/** Whole numbers with how often each occurs. */
export class Tally {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #total = 0;

  add(value: number, times = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times);
    this.#count += times;
    this.#total += value * times;
  }

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.#total;
  }

  /** Values with their counts, ascending. */
  entries(): readonly (readonly [value: number, count: number])[] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** How many numbers are above a limit. */
  above(limit: number): number {
    let sum = 0;
    for (const [value, count] of this.#counts) if (value > limit) sum += count;
    return sum;
  }

  /** Quantiles interpolate linearly between neighbours (type 7, NumPy's default); undefined for no numbers. */
  quantities(): Quantities | undefined {
    if (this.#count === 0) return undefined;
    const entries = this.entries();
    const ends: number[] = [];
    let end = 0;
    for (const [, count] of entries) {
      end += count;
      ends.push(end);
    }
    const at = (rank: number) => entries[ends.findIndex((last) => rank < last)]?.[0] ?? Number.NaN;
    const quantile = (q: number) => {
      const rank = (this.#count - 1) * q;
      const [low, high] = [at(Math.floor(rank)), at(Math.ceil(rank))];
      return low + (high - low) * (rank - Math.floor(rank));
    };
    return {
      count: this.#count,
      total: this.#total,
      mean: this.#total / this.#count,
      min: quantile(0),
      p5: quantile(0.05),
      p25: quantile(0.25),
      median: quantile(0.5),
      p75: quantile(0.75),
      p95: quantile(0.95),
      max: quantile(1),
    };
  }
}
