// How many workers a model gets, and how many threads each, when the settings do not say.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { physicalCores } from "../engine/threads.ts";
import { availableMemoryBytes } from "../training/memory.ts";
import type { ServeSettings } from "./settings.ts";

/** Workers of each model and threads of each worker. */
export interface Sizing {
  readonly replicas: number;
  readonly threads: number;
}

/** What the defaults depend on. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** Of the files of each model. */
  readonly modelBytes: readonly number[];
}

/**
 * Cores for which one worker is enough: it runs two batches at a time on half of its threads each, and holds the weights once. On two
 * cores one worker with both read as many posts per second as two with one each.
 */
const CORES_OF_WORKER = 4;
/** Node, onnxruntime, sharp and the activations of a batch: measured 150 to 300 MB beside the weights. */
const WORKER_BYTES = 300e6;
/** Weights are read from a file, then rearranged for the processor. */
const COPIES = 1.5;
/** The rest is for the server itself, a reload and others. */
const USABLE_SHARE = 0.7;

/** Divides cores and memory among the workers of all models; at least one worker of each, with at least one thread. */
export function sizingFor(
  { replicas, threads }: Pick<ServeSettings, "replicas" | "threads">,
  { cores, memoryBytes, modelBytes }: Machine,
): Sizing {
  const models = modelBytes.length;
  const oneOfEach = modelBytes.reduce((sum, bytes) => sum + WORKER_BYTES + COPIES * bytes, 0);
  const byMemory = Math.floor((USABLE_SHARE * memoryBytes) / oneOfEach);
  const byCores = Math.floor(cores / (models * CORES_OF_WORKER));
  const decided = replicas ?? Math.max(1, Math.min(byCores, byMemory));
  return { replicas: decided, threads: threads ?? Math.max(1, Math.floor(cores / (decided * models))) };
}

/** This machine, for models in these folders. A folder that cannot be read counts as empty: its worker says why. */
export function thisMachine(folders: readonly string[]): Machine {
  return {
    cores: physicalCores(),
    memoryBytes: availableMemoryBytes(),
    modelBytes: folders.map(bytesBelow),
  };
}

function bytesBelow(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => statSync(join(folder, name)))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return 0;
  }
}
