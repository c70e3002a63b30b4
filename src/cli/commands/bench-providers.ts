// `relata bench providers`: which execution provider to choose on this machine, for training and for prediction.
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { BenchProvidersResult, TimedProvider } from "../../checks/bench/providers/bench-providers.ts";
import type { CandidateWork } from "../../checks/bench/providers/candidate.ts";
import type { Choice } from "../../checks/bench/providers/choose-provider.ts";
import { addSizeOptions, type SizeOptions } from "../bench-options.ts";
import { memory } from "../bench-report.ts";
import type { CommandContext } from "../context.ts";
import { parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options extends Partial<SizeOptions> {
  readonly config?: string | undefined;
  readonly model?: string | undefined;
  readonly batch?: number | undefined;
  readonly texts: number;
  readonly rounds: number;
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
}

/** Tokens per text: of tweets, in four lengths, so that changing shapes cost what they cost in a run. */
const LENGTHS = [31, 38, 44, 52] as const;
const BATCH = 16;

export function benchProvidersCommand(context: CommandContext): Command {
  const command = new Command("providers")
    .description(
      "time a training step and a prediction on the processor and on every execution provider that can be found, in turns, and say which to choose",
    )
    .option("-c, --config <file>", "take the text encoder's sizes and the batch from this configuration")
    .option("--model <folder>", "take the sizes from this trained model or bundle")
    .option(
      "--batch <number>",
      `texts per training step (default: the configuration's, or ${BATCH})`,
      parsePositiveInteger,
    )
    .option("--texts <number>", "texts per prediction", parsePositiveInteger, 64)
    .option("--rounds <number>", "timed training steps and predictions of each", parsePositiveInteger, 8);
  addSizeOptions(command, "layers of the text encoder (default: all-MiniLM-L6-v2's)")
    .option("--threads <number>", "threads of the runtime (default: number of cores)", parsePositiveInteger)
    .option("--library <file>", "an onnxruntime shared library to use instead of the bundled one");
  return command.action((options: Options) => run(options, context));
}

async function run(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { benchProviders, contenders } = await import("../../checks/bench/providers/bench-providers.ts");
  const { startCandidate } = await import("../../checks/bench/providers/candidate-process.ts");
  const { threads, library, rounds } = options;
  const work = await workOf(options, signal);
  const progress = output.progress("rounds", rounds);
  let result: BenchProvidersResult;
  try {
    result = await benchProviders({
      work,
      contenders: contenders({ threads, library }),
      rounds,
      open: startCandidate,
      signal,
      onRound: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
  output.result(result, () => describe(result));
}

async function workOf(options: Options, signal: AbortSignal): Promise<CandidateWork> {
  const { MINILM_SIZES } = await import("../../checks/bench/predict.ts");
  let sizes = MINILM_SIZES;
  let batch = BATCH;
  if (options.config !== undefined) {
    const { loadConfig } = await import("../../config/load.ts");
    const { sizesOfConfig } = await import("../../checks/bench/providers/model-sizes.ts");
    const config = await loadConfig({ path: options.config });
    sizes = await sizesOfConfig(config, signal);
    batch = config.training.batchSize;
  } else if (options.model !== undefined) {
    const { sizesOfModel } = await import("../../checks/bench/providers/model-sizes.ts");
    sizes = await sizesOfModel(options.model);
  }
  const { layers = sizes.layers, hidden = sizes.hidden, heads = sizes.heads } = options;
  const { ffn = sizes.ffn, vocabulary = sizes.vocabulary } = options;
  return {
    sizes: { ...sizes, layers, hidden, heads, ffn, vocabulary },
    batch: options.batch ?? batch,
    texts: options.texts,
    lengths: LENGTHS,
  };
}

function describe(result: BenchProvidersResult): string {
  const { processor, amx, bf16, threads, onnxruntime, work, timed, missing, advice } = result;
  const { layers, hidden } = work.sizes;
  const has = (what: boolean | null, name: string) =>
    what === null ? `${name} unknown` : `${what ? "with" : "without"} ${name}`;
  return [
    `${processor}, ${has(amx, "AMX")}, ${has(bf16, "bf16")}; ${counted(threads, "thread")}, onnxruntime ${onnxruntime}`,
    `a text encoder of ${layers} layers of ${hidden}: steps of ${work.batch} texts, predictions of ${work.texts}`,
    formatTable(
      ["", "step s", "/ default", "predict s", "/ default", "gradients differ", "GiB training"],
      timed.map(row),
      { digits: 3 },
    ),
    ...timed.flatMap(nodesLine),
    ...missing.map(({ name, why, code, remedy }) => `${name} cannot be timed: ${why} [${code}]\n  ${remedy}`),
    `for training: ${choiceWords(advice.training)}`,
    `for prediction: ${choiceWords(advice.prediction)}`,
  ].join("\n");
}

function row({
  name,
  training,
  prediction,
  trainingRatio,
  predictionRatio,
  gradients,
  trainingRssBytes,
}: TimedProvider) {
  return [
    name,
    training.median,
    trainingRatio,
    prediction.median,
    predictionRatio,
    gradients.ofNorm.toExponential(1),
    memory(trainingRssBytes).replace(" GiB", ""),
  ];
}

function nodesLine({ name, assignments }: TimedProvider): string[] {
  const graphs = Object.entries(assignments).map(
    ([graph, { taken, all }]) => `${taken} of ${all} nodes of ${graph}`,
  );
  return graphs.length === 0 ? [] : [`${name} took ${graphs.join(", ")}`];
}

function choiceWords({ name, flags, ratio }: Choice): string {
  if (flags === "") return "choose the default: nothing gains 5 % with the same gradients";
  return `choose ${name}: ${flags} (${ratio.toFixed(2)} of the default's time)`;
}
