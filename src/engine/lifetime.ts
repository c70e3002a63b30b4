// Counts the uses of a native resource, so that it is released once, and only after its last use.
import { EngineError } from "../base/errors.ts";

export class Lifetime {
  readonly #what: string;
  #uses = 0;
  #closed = false;
  #ended: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** @param what names the resource in errors, for example `session encoder` */
  constructor(what: string) {
    this.#what = what;
  }

  /** @throws EngineError `engine/disposed` once disposal has begun */
  check(): void {
    if (!this.#closed) return;
    throw new EngineError({
      code: "engine/disposed",
      message: `${this.#what} was disposed of`,
      place: this.#what,
      remedy: "Dispose of it only after its last use.",
    });
  }

  /** Begins a use; pair with `leave()`. */
  enter(): void {
    this.check();
    this.#uses++;
  }

  leave(): void {
    this.#uses--;
    if (this.#uses === 0) this.#idle?.();
  }

  /** Refuses new uses, waits for the last one to end, then releases the resource. Further calls wait for the same release. */
  end(release: () => void | Promise<void>): Promise<void> {
    this.#ended ??= this.#end(release);
    return this.#ended;
  }

  async #end(release: () => void | Promise<void>): Promise<void> {
    this.#closed = true;
    if (this.#uses > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    await release();
  }
}
