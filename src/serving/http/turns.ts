// Shares the event loop: when many requests arrive or end together, their work is done a few milliseconds at a time.

/** Work between two turns of the event loop, which reads and writes connections meanwhile. */
const SLICE_MS = 5;

/** Work that waits for its turn, in order. */
export class Turns {
  #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Resolves in this turn of the event loop or, if others have used it up, in one of the next. */
  next(): Promise<void> {
    const turn = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#schedule();
    return turn;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  async #run(): Promise<void> {
    const begun = performance.now();
    const waiting = this.#waiting;
    let done = 0;
    while (done < waiting.length && performance.now() - begun < SLICE_MS) {
      waiting[done++]!(); // within the list
      await new Promise<void>((resolve) => process.nextTick(resolve)); // what was woken works first
    }
    this.#waiting = waiting.slice(done);
    this.#isScheduled = false;
    if (this.#waiting.length > 0) this.#schedule();
  }
}
