// Times the prediction of many texts with I2SRM for relations: batches made, run, and scores taken apart. Weights and tokens are random.
// The peer in PyTorch is test/reference/inference.py; it gets the same weights and batches.
import type { Precision } from "../../engine/prediction.ts";
import { predictionBatches } from "../../engine/prediction-batches.ts";
import { Runtime, type RuntimeOptions } from "../../engine/runtime.ts";
import { RelationModel } from "../../extractors/relation/relation-model.ts";
import { type PeerResult, Peers } from "./peers.ts";
import { PredictExchange } from "./predict-exchange.ts";
import { fillWeights, type ModelSizes, randomExamples, randomModelGraph, textFlops } from "./random-model.ts";
import { sum, type Timing, timing } from "./timing.ts";

/** all-MiniLM-L6-v2. */
export const MINILM_SIZES: ModelSizes = {
  layers: 6,
  hidden: 384,
  heads: 12,
  ffn: 1536,
  vocabulary: 30522,
  relations: 23,
  dropout: 0,
};

/** Tokens of texts at the sixteenths of Twitter-2015's validation posts, in BERT's word pieces; their mean is 42. */
export const TWEET_LENGTHS = [25, 29, 31, 33, 36, 38, 40, 42, 44, 45, 47, 49, 51, 52, 55, 59] as const;

export interface PredictOptions {
  readonly sizes: ModelSizes;
  /** With visual prefixes of four pictures per text, else the text encoder alone. */
  readonly visual: boolean;
  readonly precision: Precision;
  readonly texts: number;
  /** Tokens per text, repeated until there are enough texts. */
  readonly lengths: readonly number[];
  readonly warmUp: number;
  readonly steps: number;
  /** Commands of step servers, timed in turn with ours; each gets `--bench <folder>` appended (see predict-exchange.ts). */
  readonly against?: readonly string[] | undefined;
  readonly runtime: RuntimeOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

/** A reference, with how far its scores are from ours. */
export interface PredictPeer extends PeerResult {
  /** Largest difference of a score; undefined for a reference that shows none. */
  readonly largestDifference: number | undefined;
}

export interface PredictResult {
  readonly sizes: ModelSizes;
  readonly visual: boolean;
  readonly precision: Precision;
  readonly device: string;
  readonly threads: number;
  readonly onnxruntime: string;
  readonly parameters: number;
  readonly texts: number;
  readonly batches: number;
  readonly tokens: number;
  /** Tokens and padding. */
  readonly paddedTokens: number;
  readonly steps: number;
  /** One step predicts all texts. */
  readonly step: Timing;
  readonly textsPerSecond: number;
  /** Floating-point operations of the text encoder's matrix products without padding, over the median step's time. */
  readonly gflops: number;
  /** Largest score by magnitude, to set differences in proportion. */
  readonly largestScore: number;
  /** Largest resident memory of the process so far. */
  readonly peakRssBytes: number;
  readonly peers: readonly PredictPeer[];
}

/**
 * Runs the benchmark.
 *
 * @throws ConfigError `bench/reference-failed`, `bench/other-scores`; EngineError as the runtime does
 */
export async function benchPredict(options: PredictOptions): Promise<PredictResult> {
  const { sizes, visual, precision, warmUp, steps, signal, onStep } = options;
  const lengths = Array.from({ length: options.texts }, (_, i) => lengthAt(options.lengths, i));
  const graph = randomModelGraph(sizes, visual);
  await using runtime = await Runtime.open(options.runtime);
  await using model = new RelationModel(runtime, {
    graph,
    padId: 0,
    groups: { weightDecay: 0, headLearningRateScale: 1 },
    trainable: false,
    precision,
  });
  fillWeights(model);
  const examples = randomExamples(lengths, graph);
  await using exchange = await PredictExchange.write(model, graph, examples);
  const commands = (options.against ?? []).map((command) => `${command} --bench ${exchange.folder}`);
  await using peers = await Peers.start(commands);
  const seconds: number[] = [];
  let scores: Float32Array[] = [];
  for (let step = 0; step < warmUp + steps; step++) {
    signal?.throwIfAborted();
    const start = performance.now();
    scores = await model.predict(examples);
    const end = performance.now();
    if (step >= warmUp) {
      seconds.push((end - start) / 1000);
      await peers.step(step - warmUp);
    }
    onStep?.(step + 1, warmUp + steps);
  }
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const compared: PredictPeer[] = [];
  for (const peer of peers.results(seconds, examples.length, peakRssBytes)) {
    const largestDifference = await exchange.largestDifference(scores, peer.description);
    compared.push({ ...peer, largestDifference });
  }
  const step = timing(seconds);
  return {
    sizes,
    visual,
    precision,
    device: runtime.device,
    threads: runtime.threads,
    onnxruntime: runtime.version,
    parameters: model.parameters.elementCount,
    texts: examples.length,
    ...batchSizes(lengths),
    steps,
    step,
    textsPerSecond: examples.length / step.median,
    gflops: sum(lengths.map((length) => textFlops(sizes, length))) / step.median / 1e9,
    largestScore: Math.max(...scores.map((of) => Math.max(...of.map(Math.abs)))),
    peakRssBytes,
    peers: compared,
  };
}

/** Lengths in turn, so that any number of texts has about the same distribution. */
function lengthAt(lengths: readonly number[], i: number): number {
  return lengths[i % lengths.length] as number;
}

function batchSizes(lengths: readonly number[]): Pick<PredictResult, "batches" | "tokens" | "paddedTokens"> {
  const batches = predictionBatches(lengths);
  const padded = batches.map((batch) => batch.length * Math.max(...batch.map((i) => lengths[i] as number)));
  return { batches: batches.length, tokens: sum(lengths), paddedTokens: sum(padded) };
}
