// Records the environment of a run in the run folder and the checkpoints: versions, machine and operating system.
import { createRequire } from "node:module";
import { arch, availableParallelism, platform, release, totalmem } from "node:os";
import { packageVersion } from "../base/package-version.ts";
import { processorName } from "../base/processor.ts";

/** Environment of a run: versions, processor, data. Bit-equal results need an equal environment. */
export interface Environment {
  readonly relata: string;
  readonly node: string;
  /** Version of onnxruntime, or "not installed". */
  readonly onnxruntime: string;
  readonly system: string;
  readonly processor: string;
  /** Processors that this process may use. */
  readonly processors: number;
  readonly memoryBytes: number;
  /** Fingerprints of the training and evaluation data, by their role in the run. */
  readonly data?: Readonly<Record<string, string>>;
  /** Fingerprints of the content at the configuration's paths, by field. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** With training steps under PyTorch: its version, device, precision and number of processes. */
  readonly torch?: string;
  /** With a plugin provider: its name and precision. */
  readonly provider?: string;
  /** Threads that the run requests; "all" for one per processor. */
  readonly threads?: number | "all";
}

function installedOnnxruntime(): string {
  try {
    return createRequire(import.meta.url)("onnxruntime-node/package.json").version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return "not installed";
    throw error;
  }
}

/** Describes this process; `onnxruntime` is the version of the open runtime, by default that of the installed package. */
export function describeEnvironment(onnxruntime: string = installedOnnxruntime()): Environment {
  return {
    relata: packageVersion(),
    node: process.versions.node,
    onnxruntime,
    system: `${platform()} ${release()} ${arch()}`,
    processor: processorName(),
    processors: availableParallelism(),
    memoryBytes: totalmem(),
  };
}
