// A promise that is settled from outside, for answers that arrive as events.

/** A promise and its two ends. Only the first call of either counts. */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  // The constructor of Promise calls its argument at once, so both are set before anything else runs.
  #resolve!: (value: Value) => void;
  #reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: Value): void {
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.#reject(reason);
  }
}
