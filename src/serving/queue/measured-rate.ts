// Posts per second, measured while there is work: what Retry-After promises and how long a batch may become.

const HALF_LIFE_SECONDS = 10; // follows a change of load within seconds, and one slow batch does not change it much

/** The rate of what was done over the last seconds of work. Idle time does not count. */
export class MeasuredRate {
  #done = 0;
  #seconds = 0;

  /** Adds work that took `seconds` on one of `workers` that worked at the same time. */
  add(done: number, seconds: number, workers = 1): void {
    const kept = 0.5 ** (seconds / workers / HALF_LIFE_SECONDS);
    this.#done = this.#done * kept + done;
    this.#seconds = this.#seconds * kept + seconds / workers;
  }

  /** Undefined until something was done. */
  get perSecond(): number | undefined {
    return this.#seconds > 0 ? this.#done / this.#seconds : undefined;
  }
}
