// `relata bench predict`: times the prediction of many texts, alternating with references.

import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import type { PredictResult } from "../../checks/bench/predict.ts";
import {
  addSizeOptions,
  addStepOptions,
  type BenchOptions,
  readLengths,
  runBench,
  type SizeOptions,
} from "../bench-options.ts";
import { memory, peerLine, peerRows, timingRow } from "../bench-report.ts";
import type { CommandContext } from "../context.ts";
import { addPredictionOptions } from "../device-options.ts";
import { parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options extends BenchOptions, Partial<SizeOptions> {
  readonly texts: number;
  readonly size: keyof typeof SIZES;
}

const SIZES = {
  minilm: {},
  base: { layers: 12, hidden: 768, heads: 12, ffn: 3072 },
  large: { layers: 24, hidden: 1024, heads: 16, ffn: 4096 },
} as const;

export function benchPredictCommand(context: CommandContext): Command {
  const command = new Command("predict")
    .description("time prediction on many texts, with random weights")
    .option("--texts <number>", "texts per step", parsePositiveInteger, 512)
    .option(
      "--lengths <file>",
      'JSON file {"lengths": [...]}: tokens per text, instead of the lengths of tweets',
    )
    .addOption(
      new Option("--size <name>", "text encoder: all-MiniLM-L6-v2, BERT-base or BERT-large")
        .choices(Object.keys(SIZES))
        .default("minilm"),
    )
    .option("--visual", "time I2SRM's prefixes of four pictures per text too, not the text encoder alone");
  addSizeOptions(command, "number of its layers, instead of the size's own");
  addStepOptions(command, { warmUp: 2, steps: 7 }, "inference.py");
  return addPredictionOptions(command).action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const { benchPredict, MINILM_SIZES, TWEET_LENGTHS } = await import("../../checks/bench/predict.ts");
  const sizes = { ...MINILM_SIZES, ...SIZES[options.size] };
  const { layers = sizes.layers, hidden = sizes.hidden, heads = sizes.heads } = options;
  const { ffn = sizes.ffn, vocabulary = sizes.vocabulary } = options;
  const lengths = options.lengths === undefined ? TWEET_LENGTHS : await readLengths(options.lengths);
  const result = await runBench(options, context, (bench) =>
    benchPredict({
      ...bench,
      sizes: { ...sizes, layers, hidden, heads, ffn, vocabulary },
      precision: options.precision ?? "fp32",
      texts: options.texts,
      lengths,
    }),
  );
  context.output.result(result, () => describe(result));
}

function describe(result: PredictResult): string {
  const { precision, texts, tokens, paddedTokens, batches, device, threads, peers } = result;
  return [
    `${(result.parameters / 1e6).toFixed(1)} M parameters, ${precision}, ${counted(texts, "text")} of ${(tokens / texts).toFixed(1)} tokens in ${counted(batches, "batch", "batches")} with ${((100 * (paddedTokens - tokens)) / paddedTokens).toFixed(1)} % padding, ${device}, ${threads} threads, onnxruntime ${result.onnxruntime}`,
    formatTable(
      ["seconds", "median", "fastest", "slowest"],
      [timingRow("all texts", result.step), ...peerRows(peers)],
      { digits: 3 },
    ),
    `${result.textsPerSecond.toFixed(1)} texts/s, ${result.gflops.toFixed(0)} GFLOP/s in the text encoder's products, peak memory ${memory(result.peakRssBytes)}`,
    ...peers.map((peer, at) => {
      const { largestDifference } = peer;
      const difference =
        largestDifference === undefined
          ? ""
          : `; scores up to ${result.largestScore.toFixed(2)} differ by ${largestDifference.toExponential(1)} at most`;
      return peerLine(peer, at) + difference;
    }),
  ].join("\n");
}
