// Runs every check of the machine; one that fails does not keep the others from running.
import { cpuInfo } from "../../base/processor.ts";
import type { Plugin } from "../../engine/plugin-provider.ts";
import type { Finding } from "./finding.ts";
import { cacheFolder, checkHub, checkWritable, existingFolder } from "./hub.ts";
import { checkCores, checkDisk, checkInstructions, checkMemoryLeft, checkNode } from "./machine.ts";
import { checkExtension, checkOnnxruntime, checkProvider, checkSharp } from "./software.ts";

/** What to check besides the machine itself. */
export interface DoctorRequest {
  /** Folder in which runs are written. */
  readonly runs: string;
  readonly extensions?: readonly string[] | undefined;
  /** An onnxruntime library other than the installed one. */
  readonly library?: string | undefined;
  /** A plugin's execution provider. */
  readonly provider?: Plugin | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Yields the results as they become known. */
export async function* runDoctor(request: DoctorRequest): AsyncGenerator<Finding, void, undefined> {
  const { runs, extensions = [], library, provider, signal } = request;
  const hub = checkHub(signal); // the slowest one, beside the others
  hub.catch(() => undefined); // awaited below, unless another check ends the work first
  yield checkNode();
  yield checkInstructions(cpuInfo());
  yield checkCores();
  yield checkMemoryLeft();
  const runtime = { library, threads: 1 };
  yield await checkOnnxruntime(runtime);
  if (provider !== undefined) yield await checkProvider(provider, runtime);
  yield await checkSharp();
  const cache = cacheFolder();
  yield await checkWritable("cache", cache, "Set HF_HUB_CACHE or HF_HOME to a folder that can be written.");
  yield await checkDisk("cache", existingFolder(cache));
  yield await checkWritable(
    "runs",
    runs,
    "Name a folder that can be written with --runs, and train with --run.",
  );
  yield await checkDisk("runs", existingFolder(runs));
  for (const module of extensions) yield await checkExtension(module);
  yield await hub;
}
