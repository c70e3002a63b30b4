// Finds what a configuration would run besides relata itself: modules, libraries of the runtime, Python interpreters.
import type { Config } from "./schema.ts";

/** The first code that a configuration names; undefined if it names none. */
export function codeNamedBy({ extensions = [], training }: Config): string | undefined {
  return extensions[0] ?? training.library ?? training.provider?.library ?? training.torch?.python;
}
