// `relata bench predict`: times the prediction of many texts, in turn with references.
import { Command, Option } from "commander";
import type { PredictResult } from "../../experiments/bench/predict.ts";
import { describePeer, memory, readLengths, timingRow } from "../bench-report.ts";
import type { CommandContext } from "../context.ts";
import { addPredictionOptions, type DeviceOptions, deviceOptions } from "../device-options.ts";
import { parseCount, parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options extends DeviceOptions {
  readonly texts: number;
  readonly lengths?: string;
  readonly size: keyof typeof SIZES;
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly ffn?: number;
  readonly vocabulary?: number;
  readonly visual?: boolean;
  readonly warmUp: number;
  readonly steps: number;
  readonly against?: readonly string[];
}

const SIZES = {
  minilm: {},
  base: { layers: 12, hidden: 768, heads: 12, ffn: 3072 },
  large: { layers: 24, hidden: 1024, heads: 16, ffn: 4096 },
} as const;

export function benchPredictCommand(context: CommandContext): Command {
  const command = new Command("predict")
    .description("time the prediction of many texts with random weights")
    .option("--texts <number>", "texts per step", parsePositiveInteger, 512)
    .option("--lengths <file>", 'JSON file {"lengths": [...]}: tokens of texts, in place of those of tweets')
    .addOption(
      new Option("--size <name>", "text encoder: all-MiniLM-L6-v2, BERT-base or BERT-large")
        .choices(Object.keys(SIZES))
        .default("minilm"),
    )
    .option("--layers <number>", "its layers, in place of the size's", parsePositiveInteger)
    .option("--hidden <number>", "its width", parsePositiveInteger)
    .option("--heads <number>", "its attention heads", parsePositiveInteger)
    .option("--ffn <number>", "width of its feed-forward part", parsePositiveInteger)
    .option("--vocabulary <number>", "rows of its embedding table", parsePositiveInteger)
    .option("--visual", "with I2SRM's prefixes of four pictures per text, in place of the text encoder alone")
    .option("--warm-up <number>", "steps before the clock runs", parseCount, 2)
    .option("--steps <number>", "steps that are timed", parsePositiveInteger, 7)
    .option(
      "--against <command...>",
      "step servers to time in turn with ours, such as 'python3 test/reference/inference.py --serve'",
    );
  return addPredictionOptions(command).action((options: Options) => run(options, context));
}

async function run(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { benchPredict, MINILM_SIZES, TWEET_LENGTHS } = await import("../../experiments/bench/predict.ts");
  const sizes = { ...MINILM_SIZES, ...SIZES[options.size] };
  const { layers = sizes.layers, hidden = sizes.hidden, heads = sizes.heads } = options;
  const { ffn = sizes.ffn, vocabulary = sizes.vocabulary } = options;
  const progress = output.progress("steps", options.warmUp + options.steps);
  let result: PredictResult;
  try {
    result = await benchPredict({
      sizes: { ...sizes, layers, hidden, heads, ffn, vocabulary },
      visual: options.visual === true,
      precision: options.precision ?? "fp32",
      texts: options.texts,
      lengths: options.lengths === undefined ? TWEET_LENGTHS : await readLengths(options.lengths),
      warmUp: options.warmUp,
      steps: options.steps,
      ...(options.against === undefined ? {} : { against: options.against }),
      runtime: deviceOptions(options),
      signal,
      onStep: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
  output.result(result, () => describe(result));
}

function describe(result: PredictResult): string {
  const { precision, texts, tokens, paddedTokens, batches, device, threads, peers } = result;
  return [
    `${(result.parameters / 1e6).toFixed(1)} M parameters, ${precision}, ${texts} texts of ${(tokens / texts).toFixed(1)} tokens in ${batches} batches with ${((100 * (paddedTokens - tokens)) / paddedTokens).toFixed(1)} % padding, ${device}, ${threads} threads, onnxruntime ${result.onnxruntime}`,
    formatTable(
      ["seconds", "median", "fastest", "slowest"],
      [
        timingRow("all texts", result.step),
        ...peers.map((peer, at) => timingRow(`reference ${at + 1}`, peer.step)),
      ],
      { digits: 3 },
    ),
    `${result.textsPerSecond.toFixed(1)} texts/s, ${result.gflops.toFixed(0)} GFLOP/s in the text encoder's products, peak memory ${memory(result.peakRssBytes)}`,
    ...peers.map(
      (peer, at) =>
        `reference ${at + 1}: ${describePeer(peer.description)}; ${peer.examplesPerSecond.toFixed(1)} texts/s, peak memory ${memory(peer.peakRssBytes)}; our time is ${peer.timeRatio.toFixed(2)} of its, our memory ${peer.memoryRatio.toFixed(2)}${peer.largestDifference === undefined ? "" : `; scores up to ${result.largestScore.toFixed(2)} differ by ${peer.largestDifference.toExponential(1)} at most`}`,
    ),
  ].join("\n");
}
