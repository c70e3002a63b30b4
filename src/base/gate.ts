// Limits how much work runs at once (calls, threads or memory); the rest waits in order.

/** A capacity that pieces of work share, first come, first served. Each takes 1 by default. */
export class Gate {
  readonly #capacity: number;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Takes room at once, or returns a promise that resolves when room is taken. Work heavier than the capacity waits until nothing else runs.
   * The caller returns the room with `give`, using the same weight.
   */
  take(weight = 1): Promise<void> | undefined {
    if (this.#waiting.length > 0 || !this.#fits(weight))
      return new Promise((begin) => this.#waiting.push({ weight, begin }));
    this.#used += weight;
    return undefined;
  }

  /** Returns room and starts the work that waits for it. */
  give(weight = 1): void {
    this.#used -= weight;
    // Room is reserved for waiting work before it runs, so that newcomers cannot overtake it.
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#fits(next.weight);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#used += next.weight;
      next.begin();
    }
  }

  /** Waits for room and takes it. The returned function releases it; further calls do nothing. */
  async enter(weight = 1): Promise<() => void> {
    await this.take(weight);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.give(weight);
    };
  }

  /** Runs `work` when there is room. */
  async pass<Result>(work: () => Promise<Result>, weight = 1): Promise<Result> {
    const turn = this.take(weight);
    if (turn !== undefined) await turn;
    try {
      return await work();
    } finally {
      this.give(weight);
    }
  }

  #fits(weight: number): boolean {
    return this.#used === 0 || this.#used + weight <= this.#capacity;
  }
}
