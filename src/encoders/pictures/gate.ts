// Lets work begin while what is under way stays within a capacity; the rest waits in its order. Bounds memory when many pictures come at once.

/** A capacity that pieces of work take parts of. */
export class Gate {
  readonly #capacity: number;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Waits for room and takes it; what it gives back releases it. Work heavier than the capacity waits until it is alone. */
  async enter(weight: number): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#fits(weight)) {
      await new Promise<void>((begin) => this.#waiting.push({ weight, begin }));
    } else this.#used += weight;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#used -= weight;
      this.#admit();
    };
  }

  #fits(weight: number): boolean {
    return this.#used === 0 || this.#used + weight <= this.#capacity;
  }

  /** Takes the room for those who wait before they run, so that nobody who comes meanwhile is first. */
  #admit(): void {
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
}
