// How many workers a model gets, and how many threads each, when the settings do not say.
import { physicalCores } from "../engine/threads.ts";
import type { ServeSettings } from "./settings.ts";

/** Workers of each model and threads of each worker. */
export interface Sizing {
  readonly replicas: number;
  readonly threads: number;
}

/**
 * Divides the physical cores among the workers of `models` models. One worker with all cores reads a batch about as fast as several with a
 * share each, and holds the model in memory once.
 */
export function sizingFor(
  { replicas = 1, threads }: Pick<ServeSettings, "replicas" | "threads">,
  models: number,
  cores: number = physicalCores(),
): Sizing {
  return { replicas, threads: threads ?? Math.max(1, Math.floor(cores / (replicas * models))) };
}
