// Progress of measuring generated views: one bar for each kind of work.
import type { Output, Progress } from "./output.ts";

/** `show` starts a new bar when the kind of work changes; `stop` ends the last one. */
export class MeasureProgress {
  readonly #output: Output;
  #bar: Progress | undefined;
  #what = "";

  constructor(output: Output) {
    this.#output = output;
  }

  show(what: string, done: number, total: number): void {
    if (this.#what !== what) {
      this.stop();
      this.#what = what;
      this.#bar = this.#output.progress(what, total);
    }
    this.#bar?.update(done);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
