// The context of every command: where to print, and the signal that ends long work.
import type { Output } from "./output.ts";

export interface CommandContext {
  readonly output: Output;
  /** Aborts on SIGINT and SIGTERM. Read it when the work starts, not before: until a command reads it, a signal ends the program at once. */
  readonly signal: AbortSignal;
  /** Allows more or less than a minute from the first signal to a safe point. */
  allowForStopping(milliseconds: number): void;
}
