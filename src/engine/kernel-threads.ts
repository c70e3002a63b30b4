// Runs a WebAssembly kernel over long arrays on several threads, in blocks of a fixed size, so that the result does not depend on which
// thread computes a block.
import { setImmediate } from "node:timers/promises";
import { EngineError } from "../base/errors.ts";
import { type KernelJob, KernelWorker, takeBlocks } from "./kernel-worker.ts";
import { instantiate, type WasmExports, type WasmMemory } from "./wasm-assembler.ts";

/** Elements of a block: 0.2 ms of AdamW, so that threads end together even if one is interrupted. */
const BLOCK_ELEMENTS = 2 ** 17;
const ELEMENT_BYTES = 4;
/** The main thread returns to the event loop after this many blocks, about 10 ms. */
const BLOCKS_PER_TURN = 32;

/** float32 arrays that a kernel processes in parallel. */
export interface KernelPart {
  readonly memory: WasmMemory;
  /** Byte offsets of the arrays, the kernel's first parameters; the number of bytes of each array follows. */
  readonly addresses: readonly number[];
  readonly elements: number;
  /** The kernel's last parameters. */
  readonly scalars: readonly number[];
}

/** The calling thread and its workers, which start with the first run. */
export class KernelThreads {
  readonly #module: object;
  readonly #memories: readonly WasmMemory[];
  readonly #kernels: readonly WasmExports[];
  readonly #threads: number;
  #workers: readonly KernelWorker[] | undefined;

  /** @param memories all memories that the parts of later runs are in */
  constructor(module: object, memories: readonly WasmMemory[], threads: number) {
    this.#module = module;
    this.#memories = memories;
    this.#kernels = memories.map((memory) => instantiate(module, memory));
    this.#threads = threads;
  }

  /**
   * Calls the kernel `name` on every block of `parts`.
   *
   * @returns the kernel's result for each block, in the order of the parts
   * @throws EngineError `engine/threads-unavailable` if workers cannot start (nothing was computed then),
   * `engine/thread-died` if one ends too early
   */
  async run(name: string, parts: readonly KernelPart[]): Promise<Float64Array> {
    this.#workers ??= await this.#start();
    const job = this.#job(name, parts);
    const work = [...this.#workers.map((worker) => worker.run(job)), this.#takeTurns(job)];
    for (const outcome of await Promise.allSettled(work)) {
      if (outcome.status === "rejected") throw outcome.reason;
    }
    return job.results;
  }

  /** Ends the workers. */
  async dispose(): Promise<void> {
    await Promise.all((this.#workers ?? []).map((worker) => worker.terminate()));
  }

  async #start(): Promise<readonly KernelWorker[]> {
    const starting = Array.from({ length: this.#threads - 1 }, () =>
      KernelWorker.start(this.#module, this.#memories),
    );
    const outcomes = await Promise.allSettled(starting);
    const started = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure === undefined) return started;
    await Promise.all(started.map((worker) => worker.terminate()));
    throw new EngineError({
      code: "engine/threads-unavailable",
      message: `AdamW: a worker thread cannot be started: ${(failure.reason as Error).message}`,
      place: "threads",
      value: this.#threads,
      remedy: "Construct AdamW with { threads: 1 }, or let the process start threads.",
      cause: failure.reason,
    });
  }

  #job(name: string, parts: readonly KernelPart[]): KernelJob {
    let blocks = 0;
    const located = parts.map(({ memory, addresses, elements, scalars }) => {
      const firstBlock = blocks;
      blocks += Math.ceil(elements / BLOCK_ELEMENTS);
      const bytes = elements * ELEMENT_BYTES;
      return {
        memory: this.#memories.indexOf(memory),
        addresses,
        bytes,
        scalars,
        firstBlock,
        endBlock: blocks,
      };
    });
    return {
      name,
      parts: located,
      blockBytes: BLOCK_ELEMENTS * ELEMENT_BYTES,
      next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
      results: new Float64Array(new SharedArrayBuffer(blocks * Float64Array.BYTES_PER_ELEMENT)),
    };
  }

  async #takeTurns(job: KernelJob): Promise<void> {
    while (takeBlocks(this.#kernels, job, BLOCKS_PER_TURN)) await setImmediate();
  }
}
