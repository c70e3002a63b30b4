// A worker thread that calls a WebAssembly kernel on blocks of shared memory, and the loop that it shares with the main thread.

import { Worker } from "node:worker_threads";
import { AnsweringWorker } from "../base/answering-worker.ts";
import { EngineError } from "../base/errors.ts";
import type { WasmExports, WasmMemory } from "./wasm-assembler.ts";

/** One pass of a kernel over all its arrays. */
export interface KernelJob {
  /** The kernel's name among the module's exports. */
  readonly name: string;
  readonly parts: readonly {
    /** Index of the memory. */
    readonly memory: number;
    readonly addresses: readonly number[];
    readonly bytes: number;
    readonly scalars: readonly number[];
    readonly firstBlock: number;
    readonly endBlock: number;
  }[];
  readonly blockBytes: number;
  /** The first block that no thread has taken. */
  readonly next: Int32Array<SharedArrayBuffer>;
  /** The kernel's results, block by block. */
  readonly results: Float64Array<SharedArrayBuffer>;
}

/**
 * Takes up to `most` blocks of a job, one after the other; returns false if none is left.
 *
 * Workers receive this function as source text: it may only refer to its parameters and the language's globals.
 */
export function takeBlocks(kernels: readonly WasmExports[], job: KernelJob, most: number): boolean {
  for (let taken = 0; taken < most; taken++) {
    const block = Atomics.add(job.next, 0, 1);
    const part = job.parts.find(({ endBlock }) => block < endBlock);
    if (part === undefined) return false;
    const begin = (block - part.firstBlock) * job.blockBytes;
    const addresses = part.addresses.map((address) => address + begin);
    const bytes = Math.min(job.blockBytes, part.bytes - begin);
    const kernel = kernels[part.memory]?.[job.name];
    job.results[block] = kernel?.(...addresses, bytes, ...part.scalars) ?? Number.NaN;
  }
  return true;
}

/** Source text rather than a file: tests run TypeScript sources, from which Node 20 cannot start a worker. */
const WORKER_SOURCE = `
const { parentPort, workerData } = require("node:worker_threads");
const takeBlocks = ${takeBlocks.toString()};
const { module, memories } = workerData;
const kernels = memories.map((memory) => new WebAssembly.Instance(module, { engine: { memory } }).exports);
parentPort.on("message", (job) => {
  takeBlocks(kernels, job, Number.POSITIVE_INFINITY);
  parentPort.postMessage("done");
});
parentPort.postMessage("ready");
`;

/** A worker thread with the kernels; it keeps the process alive only while it has a job. */
export class KernelWorker {
  readonly #thread: AnsweringWorker<string>;

  /** Resolves when the thread can take jobs; rejects with Node's error if it cannot start. */
  static async start(module: object, memories: readonly WasmMemory[]): Promise<KernelWorker> {
    const worker = new KernelWorker(module, memories);
    await worker.#thread.greeting();
    return worker;
  }

  private constructor(module: object, memories: readonly WasmMemory[]) {
    this.#thread = new AnsweringWorker(
      new Worker(WORKER_SOURCE, {
        eval: true,
        name: "relata kernel",
        execArgv: [], // the thread must not inherit the process's loaders and debuggers
        workerData: { module, memories },
      }),
    );
  }

  /**
   * Takes part in a job until no block is left.
   *
   * @throws EngineError `engine/thread-died`
   */
  async run(job: KernelJob): Promise<void> {
    try {
      await this.#thread.ask(job);
    } catch (cause) {
      throw new EngineError({
        code: "engine/thread-died",
        message: `AdamW: a worker thread failed: ${(cause as Error).message}; parameters may be updated in part`,
        place: "threads",
        remedy: "Resume from the last checkpoint. If it happens again, construct AdamW with { threads: 1 }.",
        cause,
        fault: "work",
      });
    }
  }

  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }
}
