// What every command gets: where to print and the signal that ends long work.
import type { Output } from "./output.ts";

export interface CommandContext {
  readonly output: Output;
  /** Aborts on SIGINT and SIGTERM. Read it where the work begins, not before: while no command has read it, a signal ends the program at once. */
  readonly signal: AbortSignal;
}
