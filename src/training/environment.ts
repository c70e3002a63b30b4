// What a run was made with: versions, machine and operating system, for the run folder and the checkpoints.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";

/** What a run was made with: versions, processor, data. Bit-equal results need an equal one. */
export interface Environment {
  readonly relata: string;
  readonly node: string;
  /** Version of onnxruntime, or "not installed". */
  readonly onnxruntime: string;
  readonly system: string;
  readonly processor: string;
  /** Processors this process may use. */
  readonly processors: number;
  readonly memoryBytes: number;
  /** Fingerprints of what is trained on and scored on, by their part in the run. */
  readonly data?: Readonly<Record<string, string>>;
  /** What lies at the paths of the configuration, by their field. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Threads that the run asks for; "all" for as many as there are processors. */
  readonly threads?: number | "all";
}

function ownVersion(): string {
  const manifest = new URL("../../package.json", import.meta.url); // the same from src/training and dist/training
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

function installedOnnxruntime(): string {
  try {
    return createRequire(import.meta.url)("onnxruntime-node/package.json").version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return "not installed";
    throw error;
  }
}

/** Describes this process; `onnxruntime` is the version that the open runtime reports, by default the installed package's. */
export function describeEnvironment(onnxruntime: string = installedOnnxruntime()): Environment {
  return {
    relata: ownVersion(),
    node: process.versions.node,
    onnxruntime,
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model ?? "unknown",
    processors: availableParallelism(),
    memoryBytes: totalmem(),
  };
}
