// Counts the uses of a native resource, so that it is released once, and only when nobody uses it any more.
import { EngineError } from "../errors.ts";

export class Lifetime {
  readonly #what: string;
  #uses = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  /** @param what names the resource in errors, for example `Session "encoder"` */
  constructor(what: string) {
    this.#what = what;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws EngineError `engine/disposed` once the resource is being disposed of */
  check(place: string): void {
    if (!this.#closed) return;
    throw new EngineError({
      code: "engine/disposed",
      message: `${place}: ${this.#what} is disposed of`,
      place: this.#what,
      remedy: "Keep it alive while it is used: dispose of it once, when everything is done.",
    });
  }

  /** Begins a use; pair with `leave()`. */
  enter(place: string): void {
    this.check(place);
    this.#uses++;
  }

  leave(): void {
    this.#uses--;
    if (this.#uses === 0) this.#idle?.();
  }

  /** Refuses new uses and resolves when the last one has ended. */
  async close(place: string): Promise<void> {
    this.check(place);
    this.#closed = true;
    if (this.#uses === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }
}
