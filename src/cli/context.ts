// What every command gets: where to print and the signal that ends long work.
import type { Output } from "./output.ts";

export interface CommandContext {
  readonly output: Output;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}
