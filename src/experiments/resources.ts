// Decides how many cells run at once, and with how many threads each, from the cores and the memory.
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { availableMemoryBytes } from "../training/memory.ts";

export interface Resources {
  readonly jobs: number;
  readonly threads: number;
}

export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Weights, gradients and both moments. */
const ARRAYS_PER_WEIGHT = 4;
/** An encoder's activations and the runtime's copies take about as much again as its arrays (BERT-base: 4.3 GB for 0.44 GB of weights). */
const ENCODER_FACTOR = 2;
/** A process with only Node, the runtime's library and a small running model. */
const BASE_BYTES = 700e6;
/** An encoder of unknown size is assumed to be base-sized. */
const UNKNOWN_WEIGHT_BYTES = 500e6;
const USABLE_SHARE = 0.9;

/** The part of this machine that this process may use. */
export function thisMachine(): Machine {
  return { cores: availableParallelism(), memoryBytes: availableMemoryBytes() };
}

/** As many cells as there are cores and as fit into memory, unless the user sets a number; threads are divided evenly. */
export function shareOut(
  wanted: {
    readonly jobs?: number | undefined;
    readonly threads?: number | undefined;
    readonly cells: number;
  },
  machine: Machine,
  cellBytes: number,
): Resources {
  const { cores, memoryBytes } = machine;
  const fitting = Math.max(1, Math.floor((memoryBytes * USABLE_SHARE) / cellBytes));
  const byThreads = wanted.threads === undefined ? cores : Math.max(1, Math.floor(cores / wanted.threads));
  const jobs = wanted.jobs ?? Math.min(fitting, byThreads, Math.max(1, wanted.cells));
  return { jobs, threads: wanted.threads ?? Math.max(1, Math.floor(cores / jobs)) };
}

/** Estimates the memory for training a configuration; the trainer itself refuses a run that does not fit. */
export async function trainingBytes({ encoder, task, model, training }: Config): Promise<number> {
  const weights = existsSync(encoder) ? await weightBytes(encoder) : UNKNOWN_WEIGHT_BYTES;
  // The attention across samples of the entity model is as wide as a whole sentence.
  const width = training.maxLength * model.tagging.emissionWidth;
  const attention =
    task === "mner" && model.attention.enabled ? 4 * width * (4 * width + 2 * model.attention.ffn) : 0;
  return BASE_BYTES + ARRAYS_PER_WEIGHT * (ENCODER_FACTOR * weights + attention);
}

async function weightBytes(folder: string): Promise<number> {
  if (!(await stat(folder)).isDirectory()) return UNKNOWN_WEIGHT_BYTES;
  const files = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
