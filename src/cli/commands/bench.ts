// `relata bench`: measures speed and memory on this machine. `train-step` times one training step, `predict` many predictions, `providers` execution providers, `serve` a server, `time-to-score` trainings until a score.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { TrainStepResult } from "../../checks/bench/train-step.ts";
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
import { addDeviceOptions } from "../device-options.ts";
import { parseNumber, parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";
import { benchPredictCommand } from "./bench-predict.ts";
import { benchProvidersCommand } from "./bench-providers.ts";
import { benchServeCommand } from "./bench-serve.ts";
import { benchTimeToScoreCommand } from "./bench-time-to-score.ts";

interface Options extends BenchOptions, SizeOptions {
  readonly batch: number;
  readonly length: number;
  readonly dropout: number;
  readonly spin?: boolean | undefined;
  readonly profile?: string | undefined;
}

const BERT_BASE: SizeOptions = { layers: 12, hidden: 768, heads: 12, ffn: 3072, vocabulary: 30522 };

export function benchCommand(context: CommandContext): Command {
  const trainStep = new Command("train-step")
    .description("time a training step (forward, backward, AdamW), with random weights")
    .option("--batch <number>", "texts per step", parsePositiveInteger, 16)
    .option("--length <number>", "tokens per text", parsePositiveInteger, 64);
  addSizeOptions(trainStep, "layers of the text encoder", BERT_BASE)
    .option("--dropout <number>", "its dropout", parseNumber, 0.1)
    .option("--visual", "time all of I2SRM with four pictures per text, not the text encoder alone")
    .option(
      "--lengths <file>",
      'JSON file {"lengths": [...]}: tokens per text, batch after batch, instead of --length',
    )
    .option("--spin", "let waiting threads spin; for a machine that does nothing else")
    .option("--profile <prefix>", "write onnxruntime's profile and show the time of each operator");
  addStepOptions(trainStep, { warmUp: 3, steps: 10 }, "train_step.py");
  addDeviceOptions(trainStep).action((options: Options) => run(options, context));
  return new Command("bench")
    .description("measure speed and memory on this machine")
    .addCommand(trainStep)
    .addCommand(benchPredictCommand(context))
    .addCommand(benchProvidersCommand(context))
    .addCommand(benchServeCommand(context))
    .addCommand(benchTimeToScoreCommand(context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const { benchTrainStep, DEFAULT_SIZES } = await import("../../checks/bench/train-step.ts");
  const { batch, length, layers, hidden, heads, ffn, vocabulary, dropout, profile } = options;
  const lengths = options.lengths === undefined ? {} : { lengths: await readLengths(options.lengths) };
  const result = await runBench(options, context, (bench) =>
    benchTrainStep({
      ...bench,
      ...lengths,
      sizes: { ...DEFAULT_SIZES, batch, length, layers, hidden, heads, ffn, vocabulary, dropout },
      profile,
      spin: options.spin === true,
    }),
  );
  context.output.result(result, () => describe(result));
}

function describe(result: TrainStepResult): string {
  const { batch, length } = result.sizes;
  return [
    `${(result.parameters / 1e6).toFixed(1)} M parameters, ${batch} x ${length} tokens, ${result.device}, ${counted(result.threads, "thread")}, onnxruntime ${result.onnxruntime}`,
    formatTable(
      ["seconds", "median", "fastest", "slowest"],
      [
        timingRow("forward and backward", result.gradients),
        timingRow("AdamW", result.update),
        timingRow("step", result.step),
        timingRow("forward and backward, processor", result.processor.gradients),
        timingRow("AdamW, processor", result.processor.update),
        ...peerRows(result.peers),
      ],
      { digits: 3 },
    ),
    `${result.examplesPerSecond.toFixed(1)} texts/s, ${result.gflops.toFixed(0)} GFLOP/s in the text encoder's products, peak memory ${memory(result.peakRssBytes)}`,
    ...result.peers.map(peerLine),
    ...(result.operators.length === 0 ? [] : [describeOperators(result)]),
  ].join("\n");
}

/** The operators that took 1 % or more of the forward and backward pass. */
function describeOperators({ operators }: TrainStepResult): string {
  const rows = operators
    .filter(({ share }) => share >= 0.01)
    .map(({ operator, count, milliseconds, share }) => [operator, count, milliseconds, 100 * share]);
  return formatTable(["operator", "nodes", "ms per step", "% of the time"], rows, { digits: 1 });
}
