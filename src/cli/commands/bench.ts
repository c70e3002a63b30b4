// `relata bench`: speed and memory on this machine. `train-step` times one training step.
import { Command } from "commander";
import type { Timing, TrainStepResult } from "../../experiments/bench/train-step.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, type DeviceOptions, deviceOptions } from "../device-options.ts";
import { parseCount, parseNumber, parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

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
    .option("--steps <number>", "steps that are timed", parsePositiveInteger, 10);
  addDeviceOptions(trainStep).action((options: Options) => run(options, context));
  return new Command("bench").description("measure speed and memory on this machine").addCommand(trainStep);
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
  const row = (name: string, { median, fastest, slowest }: Timing) => [name, median, fastest, slowest];
  const { batch, length } = result.sizes;
  return [
    `${(result.parameters / 1e6).toFixed(1)} M parameters, ${batch} x ${length} tokens, ${result.device}, ${result.threads} threads, onnxruntime ${result.onnxruntime}`,
    formatTable(
      ["seconds", "median", "fastest", "slowest"],
      [row("forward and backward", result.gradients), row("AdamW", result.update), row("step", result.step)],
      { digits: 3 },
    ),
    `${result.examplesPerSecond.toFixed(1)} texts/s, peak memory ${(result.peakRssBytes / 2 ** 30).toFixed(2)} GiB`,
  ].join("\n");
}
