// Times one training step of I2SRM for relations: forward and backward pass, then AdamW with clipping. Weights and ids are random;
// the arithmetic does not depend on them. The peer in PyTorch is test/reference/train_step.py.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { Runtime, type RuntimeOptions } from "../../engine/index.ts";
import { type I2srmConfig, PUBLISHED_MRE, textOnly } from "../../models/i2srm/index.ts";
import { stream } from "../../training/index.ts";
import type { RelationExample } from "../relation/examples.ts";
import { RelationModel } from "../relation/relation-model.ts";
import { type OperatorShare, operatorShares } from "./operator-shares.ts";
import { type StepAnswer, StepServer } from "./step-server.ts";

export interface TrainStepSizes {
  readonly batch: number;
  /** Tokens per text. */
  readonly length: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocabulary: number;
  readonly relations: number;
  readonly dropout: number;
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
  readonly lengths?: readonly number[];
  /** Commands of step servers that run the same step, timed in turn with ours (see step-server.ts). */
  readonly against?: readonly string[];
  /** Let waiting threads spin: faster by little on an idle machine, slower by much on a busy one. */
  readonly spin?: boolean;
  /** Where onnxruntime's profile goes; the result then says what share of the time each operator took. */
  readonly profile?: string;
  readonly runtime: RuntimeOptions;
  readonly signal?: AbortSignal;
  readonly onStep?: (done: number, total: number) => void;
}

/** Seconds over the timed steps. */
export interface Timing {
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

/** A reference that ran in turn with us. */
export interface PeerResult {
  readonly command: string;
  /** What it said of its precision and of the rate of its matrix products. */
  readonly description: Readonly<Record<string, unknown>>;
  readonly step: Timing;
  /** Median of our step's time over the peer's, pair by pair: below 1 we are faster. */
  readonly timeRatio: number;
  readonly peakRssBytes: number;
  /** Our peak memory over the peer's. */
  readonly memoryRatio: number;
  readonly examplesPerSecond: number;
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
  readonly examplesPerSecond: number;
  /** Largest resident memory of the process so far. */
  readonly peakRssBytes: number;
  /** Floating-point operations of the matrix products of a mean step, forward and backward, divided by the mean step's time. */
  readonly gflops: number;
  readonly peers: readonly PeerResult[];
  /** Shares of the forward and backward pass by operator, with a profile. */
  readonly operators: readonly OperatorShare[];
}

/** Channels of ResNet-50's joined stages on a 2x2 grid, over 4 prompt positions, and its classes. */
const RESNET_50 = { mapWidth: 3840, classes: 1000 };
const SEED = 1;

/** Runs the benchmark. */
export async function benchTrainStep(options: TrainStepOptions): Promise<TrainStepResult> {
  const { sizes, visual, warmUp, steps, signal, onStep } = options;
  await using runtime = await Runtime.open(options.runtime);
  const i2srm = visual ? PUBLISHED_MRE : textOnly(PUBLISHED_MRE);
  await using model = new RelationModel(runtime, {
    graph: {
      encoder: encoderConfig(sizes),
      i2srm,
      visual: visual ? RESNET_50 : undefined,
      relations: sizes.relations,
      addedTokens: 0,
    },
    padId: 0,
    groups: { weightDecay: 0.01, headLearningRateScale: 1 },
    trainable: true,
    stepSession: {
      ...(options.spin === true ? { config: { "session.intra_op.allow_spinning": "1" } } : {}),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    },
  });
  fillWeights(model);
  await using optimizer = model.optimizer();
  const lengths = options.lengths ?? [sizes.length];
  const batches = new Map(
    lengths.map((length) => [length, randomExamples({ ...sizes, length }, visual ? i2srm : undefined)]),
  );
  const gradients: number[] = [];
  const updates: number[] = [];
  const flops: number[] = [];
  const peers: { readonly server: StepServer; readonly answers: StepAnswer[] }[] = [];
  try {
    for (const command of options.against ?? [])
      peers.push({ server: await StepServer.start(command), answers: [] });
    const total = warmUp + steps;
    for (let step = 0; step < total; step++) {
      signal?.throwIfAborted();
      const number = Math.max(0, step - warmUp);
      const length = lengths[number % lengths.length]!;
      const start = performance.now();
      await model.step(batches.get(length)!, { seed: SEED, step, microStep: 0 });
      const between = performance.now();
      await optimizer.apply(step + 1, 3e-5, { maxGradientNorm: 1, accumulated: 1 });
      const end = performance.now();
      if (step >= warmUp) {
        gradients.push((between - start) / 1000);
        updates.push((end - between) / 1000);
        flops.push(textFlops(sizes, length));
        for (const { server, answers } of peers) answers.push(await server.step(number));
      }
      onStep?.(step + 1, total);
    }
  } finally {
    for (const { server } of peers) await server.stop();
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
    examplesPerSecond: (sizes.batch * steps) / totalSeconds,
    peakRssBytes,
    gflops: sum(flops) / totalSeconds / 1e9,
    operators: profiles[0] === undefined ? [] : await operatorShares(profiles[0]),
    peers: peers.map(({ server, answers }) => ({
      command: server.command,
      description: server.ready,
      step: timing(answers.map((answer) => answer.seconds)),
      timeRatio: timing(answers.map((answer, at) => (seconds[at] ?? Number.NaN) / answer.seconds)).median,
      peakRssBytes: answers.at(-1)?.peakRssBytes ?? Number.NaN,
      memoryRatio: peakRssBytes / (answers.at(-1)?.peakRssBytes ?? Number.NaN),
      examplesPerSecond: (sizes.batch * steps) / sum(answers.map((answer) => answer.seconds)),
    })),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Multiplications and additions of the text encoder's matrix products, forward and backward; the small visual part is left out. */
function textFlops({ batch, layers, hidden, ffn }: TrainStepSizes, length: number): number {
  const perToken = 2 * (4 * hidden * hidden + 2 * hidden * ffn) + 4 * length * hidden;
  return 3 * batch * length * layers * perToken;
}

function encoderConfig(sizes: TrainStepSizes): TextEncoderConfig {
  return {
    modelType: "bert",
    vocabSize: sizes.vocabulary,
    hiddenSize: sizes.hidden,
    layers: sizes.layers,
    heads: sizes.heads,
    intermediateSize: sizes.ffn,
    maxPositions: Math.max(512, sizes.length),
    typeVocabSize: 2,
    layerNormEpsilon: 1e-12,
    activation: "gelu",
    hiddenDropout: sizes.dropout,
    attentionDropout: sizes.dropout,
    initializerRange: 0.02,
    padTokenId: 0,
  };
}

/** Small uniform numbers, ones where a layer normalisation multiplies; drawn fast rather than well. */
function fillWeights(model: RelationModel): void {
  const draws = stream(SEED, 0, "bench/weights");
  for (const { name, initializer } of model.declarations.values()) {
    const { data } = model.parameters.weight(name);
    if (initializer.kind === "ones") data.fill(1);
    else if (initializer.kind !== "zeros")
      for (let i = 0; i < data.length; i++) data[i] = (draws.uint32() / 2 ** 32 - 0.5) * 0.07;
  }
}

function randomExamples(sizes: TrainStepSizes, i2srm: I2srmConfig | undefined): RelationExample[] {
  const draws = stream(SEED, 0, "bench/examples");
  const pictures = i2srm === undefined ? 0 : 1 + i2srm.prefix.objects;
  const mapSize = i2srm === undefined ? 0 : i2srm.prefix.promptLength * RESNET_50.mapWidth;
  const noise = (size: number) => Float32Array.from({ length: size }, () => draws.uniform());
  return Array.from({ length: sizes.batch }, (_, at): RelationExample => {
    const ids = Array.from({ length: sizes.length }, () => draws.integer(sizes.vocabulary));
    const third = Math.max(1, Math.floor(sizes.length / 3));
    return {
      id: String(at),
      input: {
        ids,
        wordIndex: [],
        offsets: [],
        unknown: 0,
        emptyWords: [],
        headSpan: [0, third],
        tailSpan: [third, 2 * third],
        length: sizes.length,
        truncated: undefined,
      },
      label: draws.integer(sizes.relations),
      visual:
        pictures === 0
          ? undefined
          : {
              maps: Array.from({ length: pictures }, () => noise(mapSize)),
              logits: noise(RESNET_50.classes),
            },
    };
  });
}

function timing(seconds: readonly number[]): Timing {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (position: number) => sorted[position] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    fastest: at(0),
    slowest: at(sorted.length - 1),
  };
}
