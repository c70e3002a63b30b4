// Lets work begin while what is under way stays within a capacity; the rest waits in its order. Bounds calls, threads or memory.

/** A capacity that pieces of work take parts of, in the order in which they come. Each takes 1 unless told otherwise. */
export class Gate {
  readonly #capacity: number;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Takes room at once, or gives a promise that resolves when it is taken. Work heavier than the capacity waits until it is alone. Whoever
   * takes room gives it back with `give`, of the same weight.
   */
  take(weight = 1): Promise<void> | undefined {
    if (this.#waiting.length > 0 || !this.#fits(weight))
      return new Promise((begin) => this.#waiting.push({ weight, begin }));
    this.#used += weight;
    return undefined;
  }

  /** Gives room back and lets in who waits for it. */
  give(weight = 1): void {
    this.#used -= weight;
    // The room is taken for those who wait before they run, so that nobody who comes meanwhile is first.
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

  /** Waits for room and takes it; what it gives back releases it, once. */
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
