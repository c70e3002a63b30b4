// Times one training step of I2SRM for relations: forward and backward pass, then AdamW with clipping. Weights and ids are random;
// the arithmetic does not depend on them. The peer in PyTorch is test/reference/train_step.py.
import { Runtime, type RuntimeOptions } from "../../engine/runtime.ts";
import { RelationModel } from "../../extractors/relation/relation-model.ts";
import { type OperatorShare, operatorShares } from "./operator-shares.ts";
import { type PeerResult, Peers } from "./peers.ts";
import { fillWeights, type ModelSizes, randomExamples, randomModelGraph, textFlops } from "./random-model.ts";
import { processorSeconds, sum, type Timing, timing } from "./timing.ts";

export interface TrainStepSizes extends ModelSizes {
  readonly batch: number;
  /** Tokens per text. */
  readonly length: number;
}

/** BERT-base at the lengths of the published speeds. */
export const DEFAULT_SIZES: TrainStepSizes = {
  batch: 16,
  length: 64,
  layers: 12,
  hidden: 768,
  heads: 12,
  ffn: 3072,
  vocabulary: 30522,
  relations: 23,
  dropout: 0.1,
};

export interface TrainStepOptions {
  readonly sizes: TrainStepSizes;
  /** With visual prefixes, semantic loss, cross-sample attention and mixup at the published sizes; else the text encoder alone. */
  readonly visual: boolean;
  readonly warmUp: number;
  readonly steps: number;
  /** Tokens per text, batch after batch, in place of `sizes.length`: a data set's real lengths. */
  readonly lengths?: readonly number[] | undefined;
  /** Commands of step servers that run the same step, timed in turn with ours (see step-server.ts). */
  readonly against?: readonly string[] | undefined;
  /** Let waiting threads spin: faster by little on an idle machine, slower by much on a busy one. */
  readonly spin?: boolean | undefined;
  /** Where onnxruntime's profile goes; the result then says what share of the time each operator took. */
  readonly profile?: string | undefined;
  readonly runtime: RuntimeOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

export interface TrainStepResult {
  readonly sizes: TrainStepSizes;
  readonly visual: boolean;
  readonly device: string;
  readonly threads: number;
  readonly onnxruntime: string;
  readonly parameters: number;
  readonly steps: number;
  /** Forward and backward pass, inputs and dropout masks included. */
  readonly gradients: Timing;
  /** AdamW with clipping to norm 1. */
  readonly update: Timing;
  readonly step: Timing;
  /** Processor time of this process in the same spans, over all threads: other work on the machine hardly changes it. */
  readonly processor: { readonly gradients: Timing; readonly update: Timing };
  readonly examplesPerSecond: number;
  /** Largest resident memory of the process so far. */
  readonly peakRssBytes: number;
  /** Floating-point operations of the matrix products of a mean step, forward and backward, divided by the mean step's time. */
  readonly gflops: number;
  readonly peers: readonly PeerResult[];
  /** Shares of the forward and backward pass by operator, with a profile. */
  readonly operators: readonly OperatorShare[];
}

const SEED = 1;

/** Runs the benchmark. */
export async function benchTrainStep(options: TrainStepOptions): Promise<TrainStepResult> {
  const { sizes, visual, warmUp, steps, signal, onStep } = options;
  await using runtime = await Runtime.open(options.runtime);
  const graph = randomModelGraph(sizes, visual);
  await using model = new RelationModel(runtime, {
    graph,
    padId: 0,
    groups: { weightDecay: 0.01, headLearningRateScale: 1 },
    trainable: true,
    stepSession: {
      ...(options.spin === true ? { config: { "session.intra_op.allow_spinning": "1" } } : {}),
      profile: options.profile,
    },
  });
  fillWeights(model);
  await using optimizer = model.optimizer();
  const lengths = options.lengths ?? [sizes.length];
  const batchOf = (length: number) =>
    randomExamples(
      Array.from({ length: sizes.batch }, () => length),
      graph,
    );
  const batches = new Map(lengths.map((length) => [length, batchOf(length)]));
  const gradients: number[] = [];
  const updates: number[] = [];
  const processor = { gradients: [] as number[], update: [] as number[] };
  const flops: number[] = [];
  await using peers = await Peers.start(options.against ?? []);
  const total = warmUp + steps;
  for (let step = 0; step < total; step++) {
    signal?.throwIfAborted();
    const number = Math.max(0, step - warmUp);
    const length = lengths[number % lengths.length]!;
    const begun = processorSeconds();
    const start = performance.now();
    await model.step(batches.get(length)!, { seed: SEED, step, epoch: 0, microStep: 0 });
    const between = performance.now();
    const halfway = processorSeconds();
    await optimizer.apply(step + 1, 3e-5, { maxGradientNorm: 1, accumulated: 1 });
    const end = performance.now();
    if (step >= warmUp) {
      gradients.push((between - start) / 1000);
      updates.push((end - between) / 1000);
      processor.gradients.push(halfway - begun);
      processor.update.push(processorSeconds() - halfway);
      flops.push(3 * sizes.batch * textFlops(sizes, length)); // backward twice the forward pass; the small visual part is left out
      await peers.step(number);
    }
    onStep?.(step + 1, total);
  }
  const seconds = gradients.map((value, at) => value + (updates[at] ?? 0));
  const step = timing(seconds);
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const totalSeconds = sum(seconds);
  const profiles = options.profile === undefined ? [] : await model.endProfiling();
  return {
    sizes,
    visual,
    device: runtime.device,
    threads: runtime.threads,
    onnxruntime: runtime.version,
    parameters: model.parameters.elementCount,
    steps,
    gradients: timing(gradients),
    update: timing(updates),
    step,
    processor: { gradients: timing(processor.gradients), update: timing(processor.update) },
    examplesPerSecond: (sizes.batch * steps) / totalSeconds,
    peakRssBytes,
    gflops: sum(flops) / totalSeconds / 1e9,
    operators: profiles[0] === undefined ? [] : await operatorShares(profiles[0]),
    peers: peers.results(seconds, sizes.batch, peakRssBytes),
  };
}
