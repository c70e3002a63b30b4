// Random numbers for tests that draw without fast-check, such as when to kill a process.
import { stream } from "../src/training/random.ts";
import { SEED } from "./seed.ts";

/** Returns uniform numbers in [0, 1), the same for the same seed and name. */
export function drawsOf(name: string): () => number {
  let step = 0;
  return () => stream(SEED, step++, name).uniform();
}
