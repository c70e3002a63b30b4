// Threads for work on pixels: scaling a photograph takes a large part of a second, which would block the
// main thread.

import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { AnsweringWorker } from "../../base/answering-worker.ts";
import { EncoderError } from "../../base/errors.ts";
import { Gate } from "../../base/gate.ts";
import { IS_BUILT, ownModule } from "../../base/own-files.ts";
import { requireScalable } from "./limits.ts";
import { type PixelResult, type PixelTask, pixelsOf, workOnPixels } from "./pixel-work.ts";
import { placePicture } from "./placement.ts";
import type { PictureInput, PicturePreprocessing } from "./preprocess.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** Work on fewer pixels takes a few milliseconds and runs on the calling thread: a message would cost more. */
const INLINE_PIXELS = 65_536;
/** Bytes to copy for a thread before yielding to the event loop: about 2 ms. */
const COPY_BYTES = 8_000_000;
const MAX_THREADS = 4;

/** A Node thread that loads the TypeScript source if there is no build, as in tests. */
const SOURCE_LOADER = `
const { workerData } = require("node:worker_threads");
const { createJiti } = require("node:module").createRequire(workerData.source)("jiti");
createJiti(workerData.source).import(workerData.source);
`;

/** The threads of this process. They start on first use and never keep the process alive. */
class PixelThreads {
  readonly #idle: PixelThread[] = [];
  readonly #gate = new Gate(Math.min(MAX_THREADS, availableParallelism()));
  /** Number of tasks done by threads; for tests and measurements. */
  done = 0;

  /** Runs a task in a thread; further tasks wait, and their pixels are copied only when their turn comes. */
  async run(task: PixelTask): Promise<PixelResult> {
    if (pixelsOf(task) <= INLINE_PIXELS) return workOnPixels(task);
    return this.#gate.pass(async () => {
      let thread = this.#idle.pop();
      while (thread?.hasEnded) thread = this.#idle.pop();
      thread ??= new PixelThread();
      const result = await thread.run(await copied(task));
      this.#idle.push(thread);
      this.done++;
      return result;
    });
  }
}

/** One thread; after a failure it is not used again. */
class PixelThread {
  readonly #thread: AnsweringWorker<PixelResult>;

  constructor() {
    const entry = ownModule("encoders/pictures/pixel-thread");
    const options = { name: "relata pixels", execArgv: [] }; // this thread does not use the process's loaders and debuggers
    this.#thread = new AnsweringWorker(
      IS_BUILT
        ? new Worker(entry, options)
        : new Worker(SOURCE_LOADER, {
            ...options,
            eval: true,
            workerData: { source: entry.href },
          }),
    );
  }

  get hasEnded(): boolean {
    return this.#thread.hasEnded;
  }

  async run({ task, pixels }: HandedTask): Promise<PixelResult> {
    try {
      return await this.#thread.ask(task, [pixels]);
    } catch (cause) {
      throw threadDied(cause as Error);
    }
  }
}

/** A task with pixels that can be transferred. */
interface HandedTask {
  readonly task: PixelTask;
  readonly pixels: ArrayBuffer;
}

async function copied(task: PixelTask): Promise<HandedTask> {
  const source = task.kind === "preprocess" ? task.picture.data : task.data;
  const data = new Uint8Array(source.length);
  for (let at = 0; at < source.length; at += COPY_BYTES) {
    if (at > 0) await setImmediate();
    data.set(source.subarray(at, at + COPY_BYTES), at);
  }
  const own =
    task.kind === "preprocess" ? { ...task, picture: { ...task.picture, data } } : { ...task, data };
  return { task: own, pixels: data.buffer };
}

/** One pool per process: all callers share its memory and cores. */
export const pixelThreads = new PixelThreads();

/** `preprocessPicture` off the main thread, with bit-identical results. @throws as there */
export async function preprocessInThread(
  picture: RgbPicture,
  how: PicturePreprocessing,
): Promise<PictureInput> {
  requireScalable(picture, placePicture(picture, how.resize)); // on this thread, where an error keeps its code
  return (await pixelThreads.run({ kind: "preprocess", picture, how })) as PictureInput; // the result type of this task
}

function threadDied(cause: Error): EncoderError {
  return new EncoderError({
    code: "encoder/pixel-thread-died",
    message: `a thread that scales pictures failed: ${cause.message}`,
    place: "pixel threads",
    cause,
    remedy: "Give the process more memory or allow it to start threads, then run it again.",
    fault: "work",
  });
}
