// Random numbers for tests that draw without fast-check, such as the moments at which a process is killed.
import { stream } from "../src/training/random.ts";
import { SEED } from "./seed.ts";

/** Uniform numbers in [0, 1): the same for the same seed and the same name. */
export function drawsOf(name: string): () => number {
  let step = 0;
  return () => stream(SEED, step++, name).uniform();
}
