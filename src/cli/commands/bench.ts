// `relata bench`: speed and memory on this machine. `train-step` times one training step, `predict` many predictions.
import { Command } from "commander";
import type { TrainStepResult } from "../../experiments/bench/train-step.ts";
import { describePeer, memory, readLengths, timingRow } from "../bench-report.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, type DeviceOptions, deviceOptions } from "../device-options.ts";
import { parseCount, parseNumber, parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";
import { benchPredictCommand } from "./bench-predict.ts";

interface Options extends DeviceOptions {
  readonly batch: number;
  readonly length: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocabulary: number;
  readonly dropout: number;
  readonly visual?: boolean;
  readonly warmUp: number;
  readonly steps: number;
  readonly lengths?: string;
  readonly against?: readonly string[];
  readonly spin?: boolean;
  readonly profile?: string;
}

export function benchCommand(context: CommandContext): Command {
  const trainStep = new Command("train-step")
    .description("time a training step with random weights: forward, backward, AdamW")
    .option("--batch <number>", "texts per step", parsePositiveInteger, 16)
    .option("--length <number>", "tokens per text", parsePositiveInteger, 64)
    .option("--layers <number>", "layers of the text encoder", parsePositiveInteger, 12)
    .option("--hidden <number>", "its width", parsePositiveInteger, 768)
    .option("--heads <number>", "its attention heads", parsePositiveInteger, 12)
    .option("--ffn <number>", "width of its feed-forward part", parsePositiveInteger, 3072)
    .option("--vocabulary <number>", "rows of its embedding table", parsePositiveInteger, 30522)
    .option("--dropout <number>", "its dropout", parseNumber, 0.1)
    .option("--visual", "the whole of I2SRM with four pictures per text, in place of the text encoder alone")
    .option("--warm-up <number>", "steps before the clock runs; the first two are slow", parseCount, 3)
    .option("--steps <number>", "steps that are timed", parsePositiveInteger, 10)
    .option(
      "--lengths <file>",
      'JSON file {"lengths": [...]}: tokens per text, batch after batch, in place of --length',
    )
    .option("--spin", "let waiting threads spin: for machines that do nothing else")
    .option("--profile <prefix>", "write onnxruntime's profile and show what each operator took")
    .option(
      "--against <command...>",
      "step servers to time in turn with ours, such as 'python3 test/reference/train_step.py --serve'",
    );
  addDeviceOptions(trainStep).action((options: Options) => run(options, context));
  return new Command("bench")
    .description("measure speed and memory on this machine")
    .addCommand(trainStep)
    .addCommand(benchPredictCommand(context));
}

async function run(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { benchTrainStep, DEFAULT_SIZES } = await import("../../experiments/bench/train-step.ts");
  const { batch, length, layers, hidden, heads, ffn, vocabulary, dropout } = options;
  const total = options.warmUp + options.steps;
  const progress = output.progress("steps", total);
  let result: TrainStepResult;
  try {
    result = await benchTrainStep({
      sizes: { ...DEFAULT_SIZES, batch, length, layers, hidden, heads, ffn, vocabulary, dropout },
      visual: options.visual === true,
      warmUp: options.warmUp,
      steps: options.steps,
      ...(options.lengths === undefined ? {} : { lengths: await readLengths(options.lengths) }),
      ...(options.against === undefined ? {} : { against: options.against }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      spin: options.spin === true,
      runtime: deviceOptions(options),
      signal,
      onStep: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
  output.result(result, () => describe(result));
}

function describe(result: TrainStepResult): string {
  const { batch, length } = result.sizes;
  return [
    `${(result.parameters / 1e6).toFixed(1)} M parameters, ${batch} x ${length} tokens, ${result.device}, ${result.threads} threads, onnxruntime ${result.onnxruntime}`,
    formatTable(
      ["seconds", "median", "fastest", "slowest"],
      [
        timingRow("forward and backward", result.gradients),
        timingRow("AdamW", result.update),
        timingRow("step", result.step),
        ...result.peers.map((peer, at) => timingRow(`reference ${at + 1}`, peer.step)),
      ],
      { digits: 3 },
    ),
    `${result.examplesPerSecond.toFixed(1)} texts/s, ${result.gflops.toFixed(0)} GFLOP/s in the text encoder's products, peak memory ${memory(result.peakRssBytes)}`,
    ...result.peers.map(
      (peer, at) =>
        `reference ${at + 1}: ${describePeer(peer.description)}; ${peer.examplesPerSecond.toFixed(1)} texts/s, peak memory ${memory(peer.peakRssBytes)}; our time is ${peer.timeRatio.toFixed(2)} of its, our memory ${peer.memoryRatio.toFixed(2)}`,
    ),
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
