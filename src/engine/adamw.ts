// AdamW (Loshchilov and Hutter, arXiv 1711.05101) as torch.optim.AdamW computes it, with clipping and accumulation folded in.

import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { counted } from "../base/counted.ts";
import { EngineError } from "../base/errors.ts";
import { adamWModule, type UpdateScalars, updateRates } from "./adamw-kernel.ts";
import { type FlatSegment, paddedLength } from "./flat-segment.ts";
import { type KernelPart, KernelThreads } from "./kernel-threads.ts";
import { Lifetime } from "./lifetime.ts";
import type { FlatGroup, Parameters } from "./parameters.ts";
import type { WasmMemory } from "./wasm-assembler.ts";

/** An optimiser: updates parameters from their gradients. */
export interface Optimizer {
  /** Adds the current gradients to the accumulator. */
  accumulate(): Promise<void>;
  /**
   * Clips and applies the accumulated gradients (the current ones if none were accumulated), and clears them.
   *
   * @param step the number of this step, 1 for the first (bias correction)
   * @returns the norm of the mean gradient before clipping; if it is not finite, nothing was changed
   */
  apply(
    step: number,
    learningRate: number,
    options: { maxGradientNorm?: number; accumulated: number },
  ): Promise<{ gradientNorm: number }>;
}

/** Settings of AdamW (Loshchilov and Hutter, 2019). */
export interface AdamWOptions {
  /** Decay of the mean of the gradients; default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of their squares; default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root of the mean square; default 1e-8. */
  readonly epsilon?: number | undefined;
  /**
   * The largest number of micro-batches per step, if known. With 1 the gradients are used in place, which saves an array as
   * long as the parameters and two copies.
   */
  readonly accumulation?: number | undefined;
  /**
   * The largest number of threads, the calling one included; small models use fewer. The result is the same to the bit.
   * Default: the processors, 4 at most.
   */
  readonly threads?: number | undefined;
}

/** Two threads halve the time; with many, memory bandwidth is the limit. */
export const MAX_USEFUL_THREADS = 4;
/** Waking a thread takes about 0.1 ms, this many elements 2 ms. */
const MIN_ELEMENTS_PER_THREAD = 2 ** 20;
/** The event loop runs after this many elements, about 10 ms. */
const SLICE_ELEMENTS = 2 ** 22;
/** As in torch.nn.utils.clip_grad_norm_. */
const CLIP_EPSILON = 1e-6;
/** The square of a larger gradient is infinite in float32; an infinite second moment would freeze its weight permanently. */
const LARGEST_NORM = 1.8e19;

/**
 * Decoupled AdamW over the flat arrays of trainable parameters. Several threads share the work, block by block; the order of
 * additions, and so every bit of the result, does not depend on them. They start with the first `apply`, do not keep the process
 * alive, and end with `dispose`.
 *
 * @example
 * import { AdamW, type Parameters } from "relata/engine";
 *
 * declare const parameters: Parameters; // with gradients of a step
 * await using optimizer = new AdamW(parameters, { accumulation: 1 });
 * const { gradientNorm } = await optimizer.apply(1, 3e-5, { maxGradientNorm: 1, accumulated: 1 });
 */
export class AdamW implements Optimizer {
  readonly #parameters: Parameters;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #accumulation: number;
  readonly #threads: KernelThreads;
  readonly #lifetime = new Lifetime("AdamW");
  #accumulators: Float32Array[] | undefined;
  #accumulated = 0;
  #busy = false;

  /** @throws EngineError `engine/not-trainable`, `engine/bad-optimizer-option` */
  constructor(parameters: Parameters, options: AdamWOptions = {}) {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, accumulation = Number.POSITIVE_INFINITY } = options;
    const { threads = Math.min(MAX_USEFUL_THREADS, availableParallelism()) } = options;
    if (!parameters.trainable) {
      throw new EngineError({
        code: "engine/not-trainable",
        message: "AdamW: the parameters were created for inference",
        remedy: "Create them with { trainable: true }.",
      });
    }
    checkOption("beta1", beta1, beta1 >= 0 && beta1 < 1, "at least 0 and less than 1");
    checkOption("beta2", beta2, beta2 >= 0 && beta2 < 1, "at least 0 and less than 1");
    checkOption("epsilon", epsilon, epsilon > 0 && epsilon < 1, "more than 0 and less than 1");
    checkOption("accumulation", accumulation, accumulation >= 1, "at least 1");
    checkOption(
      "threads",
      threads,
      Number.isSafeInteger(threads) && threads >= 1,
      "an integer of at least 1",
    );
    this.#parameters = parameters;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    this.#accumulation = accumulation;
    const memories = new Set(parameters.groups().map(memoryOf));
    const useful = Math.max(1, Math.floor(parameters.elementCount / MIN_ELEMENTS_PER_THREAD));
    this.#threads = new KernelThreads(adamWModule(), [...memories], Math.min(threads, useful));
  }

  /** Adds the current gradients to those of the step. @throws EngineError `engine/too-many-accumulations` for too many micro-batches */
  async accumulate(): Promise<void> {
    if (this.#accumulated >= this.#accumulation) {
      throw new EngineError({
        code: "engine/too-many-accumulations",
        message: `more than the announced ${counted(this.#accumulation, "micro-batch", "micro-batches")} per step`,
        value: this.#accumulated + 1,
        remedy: "Set AdamW's `accumulation` to the largest number of micro-batches, or omit it.",
      });
    }
    await this.#exclusively(async () => {
      this.#accumulated++;
      if (this.#accumulation === 1) return; // apply() uses the gradients in place
      const groups = this.#parameters.groups();
      this.#accumulators ??= groups.map(({ length }) => new Float32Array(length));
      for (const [i, { gradients }] of groups.entries()) {
        await addInto(this.#accumulators[i] as Float32Array, gradients, this.#accumulated === 1);
      }
    });
  }

  /** @throws EngineError `engine/threads-unavailable` and `engine/thread-died`, in addition to the interface's */
  async apply(
    step: number,
    learningRate: number,
    { maxGradientNorm, accumulated }: { maxGradientNorm?: number; accumulated: number },
  ): Promise<{ gradientNorm: number }> {
    checkOption("step", step, Number.isSafeInteger(step) && step >= 1, "an integer of at least 1");
    checkOption(
      "learningRate",
      learningRate,
      Number.isFinite(learningRate) && learningRate >= 0,
      "at least 0",
    );
    const whole = Number.isSafeInteger(accumulated) && accumulated >= 1;
    checkOption("accumulated", accumulated, whole, "an integer of at least 1");
    if (maxGradientNorm !== undefined) {
      checkOption("maxGradientNorm", maxGradientNorm, maxGradientNorm > 0, "more than 0");
    }
    if (accumulated !== Math.max(1, this.#accumulated)) {
      throw new EngineError({
        code: "engine/wrong-accumulation",
        message: `accumulated is ${accumulated}, but accumulate() was called ${counted(this.#accumulated, "time")}`,
        value: accumulated,
        remedy:
          "Call accumulate() after each micro-batch, and give the number of micro-batches (1 without accumulation).",
      });
    }
    return this.#exclusively(async () => {
      this.#takeAccumulated();
      const gradientNorm = await this.#gradientNorm(accumulated);
      const clip = clipFactor(gradientNorm, maxGradientNorm);
      if (clip === undefined) return { gradientNorm: refusedNorm(gradientNorm) };
      await this.#update(step, learningRate, clip / accumulated);
      return { gradientNorm };
    });
  }

  /** Waits for a running call, then ends the threads. */
  dispose(): Promise<void> {
    return this.#lifetime.end(() => this.#threads.dispose());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #takeAccumulated(): void {
    const copied = this.#accumulation > 1 && this.#accumulated > 0;
    this.#accumulated = 0;
    if (!copied) return;
    for (const [i, { gradients }] of this.#parameters.groups().entries()) {
      gradients.set(this.#accumulators?.[i] as Float32Array);
    }
  }

  /** The norm over all parameters; summed block by block in float64. */
  async #gradientNorm(accumulated: number): Promise<number> {
    const sums = await this.#threads.run(
      "sumOfSquares",
      this.#parameters.groups().map((group) => kernelPart(group, [group.gradients], [])),
    );
    return Math.sqrt(sums.reduce((total, sum) => total + sum, 0)) / accumulated;
  }

  #scalars(group: FlatGroup, step: number, learningRate: number, gradientScale: number): UpdateScalars {
    const rate = learningRate * group.learningRateScale;
    const correction1 = 1 - this.#beta1 ** step;
    const root = Math.sqrt(1 - this.#beta2 ** step);
    return {
      gradientScale,
      beta1: this.#beta1,
      beta2: this.#beta2,
      epsilon: this.#epsilon * root,
      stepSize: (rate * root) / correction1,
      decay: 1 - rate * group.weightDecay,
    };
  }

  async #update(step: number, learningRate: number, gradientScale: number): Promise<void> {
    const parts = this.#parameters.groups().map((group) => {
      const { weights, gradients, firstMoments, secondMoments } = group;
      const rates = updateRates(this.#scalars(group, step, learningRate, gradientScale));
      return kernelPart(group, [weights, gradients, firstMoments, secondMoments], rates);
    });
    await this.#threads.run("update", parts);
  }

  /** Work is done in slices with other work in between, which must not be this optimiser. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) {
      throw new EngineError({
        code: "engine/optimizer-busy",
        message: "AdamW: the previous call has not ended",
        remedy: "Await accumulate() and apply().",
      });
    }
    this.#lifetime.enter();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.#lifetime.leave();
    }
  }
}

/**
 * The factor that clips a mean gradient of norm `gradientNorm` to `maxGradientNorm`; undefined if the norm, or the square of a clipped
 * gradient, is not finite, so that no weight may be changed.
 */
export function clipFactor(gradientNorm: number, maxGradientNorm: number | undefined): number | undefined {
  if (!Number.isFinite(gradientNorm)) return undefined;
  const clip =
    maxGradientNorm === undefined ? 1 : Math.min(1, maxGradientNorm / (gradientNorm + CLIP_EPSILON));
  return gradientNorm * clip > LARGEST_NORM ? undefined : clip;
}

/** What to report where `clipFactor` is undefined: NaN, or infinity for a norm that is too large. */
export const refusedNorm = (gradientNorm: number): number =>
  Number.isNaN(gradientNorm) ? Number.NaN : Number.POSITIVE_INFINITY;

const memoryOf = (segment: FlatSegment): WasmMemory => segment.memory as WasmMemory; // trainable segments have one

function kernelPart(
  segment: FlatSegment,
  arrays: readonly Float32Array[],
  scalars: readonly number[],
): KernelPart {
  const addresses = arrays.map(({ byteOffset }) => byteOffset);
  return { memory: memoryOf(segment), addresses, elements: paddedLength(segment.length), scalars };
}

async function addInto(sum: Float32Array, values: Float32Array, first: boolean): Promise<void> {
  for (let begin = 0; begin < sum.length; begin += SLICE_ELEMENTS) {
    if (begin > 0) await setImmediate();
    const end = Math.min(begin + SLICE_ELEMENTS, sum.length);
    if (first) sum.set(values.subarray(begin, end), begin);
    else for (let i = begin; i < end; i++) sum[i] = (sum[i] as number) + (values[i] as number);
  }
}

function checkOption(name: string, value: number, good: boolean, range: string): void {
  if (good) return;
  throw new EngineError({
    code: "engine/bad-optimizer-option",
    message: `AdamW: ${name} must be ${range}, got ${value}`,
    place: name,
    value,
    remedy: `Set ${name} to a number that is ${range}.`,
  });
}
