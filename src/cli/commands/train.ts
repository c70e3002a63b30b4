// `relata train`: reads the configuration, applies overriding flags, trains into a run folder.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { Overrides } from "../../config/load.ts";
import type { NegativesSetting } from "../../config/negatives.ts";
import type { BothConfig, Config, ConfigInput } from "../../config/schema.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { BothStage, TrainBothSummary } from "../../extract/both/train-both.ts";
import type { TrainSummary } from "../../extractors/requests.ts";
import { headline } from "../bundle-scores.ts";
import { configFields, optionContradiction, type TrainingFlags } from "../config-fields.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions } from "../device-options.ts";
import { addEngineOptions, addRankOptions, type EngineOptions, type RankOptions } from "../engine-options.ts";
import { ExitCode } from "../errors.ts";
import { EXTENSION_OPTION } from "../extension-option.ts";
import { nothingLearned } from "../nothing-learned.ts";
import { fileOffsetsOption } from "../offsets-option.ts";
import { parseCount, parseNumber, parsePositiveInteger, parsePrecision } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { NEGATIVES_HELP, NONE_LABEL_HELP, parseNegatives } from "../pair-options.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options extends TrainingFlags, EngineOptions, RankOptions {
  readonly config?: string | undefined;
  readonly from?: string | undefined;
  readonly preset?: string | undefined;
  readonly offsets?: OffsetUnit | undefined;
  readonly train?: string | undefined;
  readonly validation?: string | undefined;
  readonly relations?: string | undefined;
  readonly noneLabel?: string | undefined;
  readonly negatives?: NegativesSetting | undefined;
  readonly detector?: string | undefined;
  readonly features?: string | undefined;
  readonly captions?: readonly string[] | undefined;
  readonly batchSize?: number | undefined;
  readonly tokenBudget?: number | undefined;
  readonly accumulation?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly headLearningRate?: number | undefined;
  readonly taggerLearningRate?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly time?: string | undefined;
  readonly keep?: string | undefined;
  readonly targetPrecision?: number | undefined;
  readonly bestF1?: boolean | undefined;
  readonly run?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export function trainCommand(context: CommandContext): Command {
  const command = new Command("train")
    .description("train an extractor into a run folder")
    .option("-c, --config <file>", "configuration (default: relata.config.{ts,js,json} here)")
    .option(
      "--encoder <folder or id>",
      "text encoder: a folder in the Hugging Face layout, or a hub id owner/name",
    )
    .option(
      "--from <folder>",
      "start from a trained model of this task, or from a bundle; new labels are added (docs/training.md)",
    )
    .option(
      "--task <name>",
      "mre: the relation between two mentions (default); mner: the entities of a text; both: a model for each, and their bundle; classification: the category of a whole post",
    )
    .option(
      "--preset <name>",
      "published: take the values of I2SRM's code for what is not given (default: values that suit some hundreds of documents)",
    )
    .option(
      "-f, --format <name>",
      "format of the data files (docs/data.md; default: auto, guessed from the content)",
    )
    .addOption(fileOffsetsOption("the data files"))
    .option("--train <file>", "training documents")
    .option("--validation <file>", "validation documents")
    .option("--relations <file>", "label set (rel2id.json)")
    .option("--none-label <label>", NONE_LABEL_HELP)
    .option("--negatives <which>", NEGATIVES_HELP, parseNegatives)
    .option("--pictures <folder>", "use the pictures of this folder")
    .option(
      "--picture-encoder <place>",
      "picture encoder for --pictures: a ResNet, CLIP, SigLIP, ViT or DINOv2 folder, a hub id, or a .json file that describes an ONNX encoder",
    )
    .option(
      "--detector <file>",
      "object detector for --pictures: a .json file that describes an ONNX detector; objects it finds are cropped and shown to the model together with the whole picture",
    )
    .option(
      "--features <path>",
      "use features computed elsewhere, a safetensors file; with --pictures, the folder where they are cached",
    )
    .option(
      "--captions <file...>",
      "use captions instead of pictures: one file for both splits, or one for training and one for validation",
    )
    .option("--text-only", "use neither pictures nor captions, and no cross-sample attention or mixup")
    .option("--epochs <number>", "passes over the training documents", parsePositiveInteger)
    .option("--batch-size <number>", "documents per micro-batch", parsePositiveInteger)
    .option(
      "--token-budget <number>",
      "maximum number of tokens per micro-batch, padding included",
      parsePositiveInteger,
    )
    .option("--accumulation <number>", "micro-batches per step", parsePositiveInteger)
    .option("--learning-rate <number>", "peak learning rate of the encoder", parseNumber)
    .option("--head-learning-rate <number>", "peak learning rate of everything else", parseNumber)
    .option("--tagger-learning-rate <number>", "peak learning rate of emission layers and CRF", parseNumber)
    .option("--max-length <number>", "maximum number of subword tokens per text", parsePositiveInteger)
    .option("--time <limit>", "end the training in time, for instance 10m, 90s or 1.5h")
    .option(
      "--keep <what>",
      "what to keep of the run when it has ended: best (the best model, default), last (also the last one), all (also the checkpoint)",
    )
    .option(
      "--target-precision <number>",
      "after the training, give each label the lowest threshold with at least this precision on the validation documents",
      parsePrecision,
    )
    .option("--best-f1", "or the threshold of its best F1")
    .option("--seed <number>", "seed of all random draws", parseCount)
    .option(
      "--set <field=value...>",
      "any other field, for instance model.mixup.alpha=2 (docs/configuration.md)",
    )
    .option("--run <folder>", "run folder (default: runs/<date and time>)")
    .option(
      "--resume",
      "resume from the newest checkpoint of --run; the result is the same as without the interruption",
    )
    .option("--dry-run", "print the resolved configuration, then stop");
  addDeviceOptions(command.option(...EXTENSION_OPTION));
  return addRankOptions(addEngineOptions(command)).action((options: Options) => train(options, context));
}

async function train(options: Options, { output, signal }: CommandContext): Promise<void> {
  output.status("reading the configuration");
  const { loadTrainConfig } = await import("../../config/load.ts");
  const { writtenBoth } = await import("../../config/parse.ts");
  const { existsSync } = await import("node:fs");
  const { join } = await import("node:path");
  if (options.resume === true && options.run === undefined) {
    throw new ConfigError({
      code: "cli/resume-without-run",
      message: "--resume is given without --run",
      place: "--resume",
      remedy: "Name the folder of the run to resume with --run.",
    });
  }
  const runFolder = options.run ?? join("runs", timeStamp(new Date()));
  const { SAVED_CONFIG } = await import("../../extractors/shared/run-settings.ts");
  const saved = join(runFolder, SAVED_CONFIG);
  const path = options.config ?? (options.resume === true && existsSync(saved) ? saved : undefined);
  const config = await loadTrainConfig({
    path,
    overrides: overridesOf(options),
    extensions: options.extension,
  });
  if (options.nodeRank !== undefined && options.nodeRank > 0) {
    await joinTraining(options.nodeRank, config.task === "both" ? config.relations : config, output, signal);
    return;
  }
  const written = config.task === "both" ? (writtenBoth(config) as ConfigInput) : config;
  if (options.dryRun === true) {
    output.result({ runFolder, config: written }, () => JSON.stringify(written, undefined, 2));
    return;
  }
  const library = await import("../../library/train.ts");
  const progress = trainingProgress(output, config.task === "both" ? undefined : config.training.metric);
  let summary: TrainSummary | TrainBothSummary;
  try {
    summary = await library.train({
      config: written,
      runFolder,
      resume: options.resume === true,
      signal,
      onStage: (stage) => progress.onStage(STAGES[stage]),
      onPreparation: progress.onPreparation,
      onData: progress.onData,
      onProgress: progress.onTraining,
    });
  } finally {
    progress.stop();
  }
  if (summary.status === "interrupted") process.exitCode = ExitCode.workFailed;
  const { calibrationLines } = await import("../../extractors/shared/calibration-words.ts");
  const { providerWords } = await import("../../extractors/shared/provider-account.ts");
  const { describeThresholds } = await import("../threshold-tables.ts");
  const describeOne = (one: TrainSummary): string[] =>
    describe(one, [
      ...(one.provider ? [`provider: ${providerWords(one.provider)}`] : []),
      ...(one.calibration ? calibrationLines(one.calibration) : []),
      ...(one.thresholds ? [describeThresholds(one.thresholds)] : []),
    ]);
  output.result(summary, () =>
    summary.task === "both"
      ? describeBoth(summary, config, describeOne, output)
      : [
          `${output.style("bold", summary.status)} after ${counted(summary.steps, "step")}`,
          ...describeOne(summary),
          nextOf(summary, config),
        ].join("\n"),
  );
}

/** Runs this machine's processes of a training that another machine leads, until it ends. @throws the codes of `joinRanks` */
async function joinTraining(
  nodeRank: number,
  { training }: Config,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { joinRanks } = await import("../../torch/join-ranks.ts");
  const { torchSettings } = await import("../../extractors/shared/open-trainer.ts");
  const settings = torchSettings(training, nodeRank);
  if (settings?.nodes === undefined || nodeRank >= settings.nodes.count) {
    throw new ConfigError({
      code: "config/contradiction",
      message: `--node-rank is ${nodeRank}, but there ${settings?.nodes === undefined ? "is one machine" : `are ${settings.nodes.count} machines`}`,
      place: "--node-rank",
      remedy:
        "Give --engine torch, --nnodes and --rendezvous as on the first machine, and number the machines from 0.",
    });
  }
  const { count, rendezvous } = settings.nodes;
  output.status(`machine ${nodeRank} of ${count} trains for ${rendezvous}`);
  await joinRanks({ ...settings, signal });
  output.result({ nodeRank, status: "finished" }, () => "the training on the first machine has ended");
}

const STAGES: Readonly<Record<BothStage, string>> = {
  entities: "1 of 2: entities",
  relations: "2 of 2: relations",
  bundle: "joining the models",
  evaluation: "scoring the bundle on the validation documents",
};

function timeStamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
}

/** Converts the flags to a part of a configuration. */
function overridesOf(options: Options): Overrides {
  const { captions, pictures, features } = options;
  refuseContradictions(options);
  return configFields(options, [
    ["from", options.from],
    ["preset", options.preset],
    ["data.offsets", options.offsets],
    ["data.train", options.train],
    ["data.validation", options.validation],
    ["data.relations", options.relations],
    ["data.noneLabel", options.noneLabel],
    ["data.negatives", options.negatives],
    ["visual.detector", options.detector],
    ["visual.features", features],
    ["visual.kind", features === undefined || pictures !== undefined ? undefined : "features"],
    ["visual.kind", captions === undefined ? undefined : "captions"],
    ["data.captions.train", captions?.[0]],
    ["data.captions.validation", captions?.[1] ?? captions?.[0]],
    ["training.batchSize", options.batchSize],
    ["training.tokenBudget", options.tokenBudget],
    ["training.accumulation", options.accumulation],
    ["training.learningRate", options.learningRate],
    ["training.headLearningRate", options.headLearningRate],
    ["training.taggerLearningRate", options.taggerLearningRate],
    ["training.maxLength", options.maxLength],
    ["training.timeLimit", options.time],
    ["training.keep", options.keep],
    ["training.thresholds", options.targetPrecision],
    ["training.thresholds", options.bestF1 === true ? "best-f1" : undefined],
    ["training.engine", options.engine],
    ["training.torch.processes", options.nproc],
    ["training.torch.nodes", options.nnodes],
    ["training.torch.rendezvous", options.rendezvous],
    ["training.torch.python", options.python],
    ["training.torch.precision", options.torchPrecision],
    ["training.torch.compile", options.compile],
  ]);
}

/** Flags that exclude each other: the one on the left makes those on the right useless. */
function refuseContradictions(options: Options): void {
  const { textOnly, captions, pictures, features, pictureEncoder, detector } = options;
  const given = Object.entries({
    "--pictures": pictures,
    "--captions": captions,
    "--features": features,
    "--picture-encoder": pictureEncoder,
    "--detector": detector,
  }).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  const beside = (flag: string, others: readonly string[], why: string) => {
    const overlooked = given.filter((one) => others.includes(one));
    if (overlooked.length > 0) throw optionContradiction(flag, overlooked.join(", "), why);
  };
  const all = ["--pictures", "--captions", "--features", "--picture-encoder", "--detector"];
  if (textOnly === true) beside("--text-only", all, "it reads texts only");
  if (captions !== undefined)
    beside(
      "--captions",
      all.filter((flag) => flag !== "--captions"),
      "captions replace the pictures",
    );
  if (features !== undefined && pictures === undefined)
    beside(
      "--features",
      ["--picture-encoder", "--detector"],
      "features computed elsewhere need neither pictures nor captions",
    );
}

/** What a training ended with: scores, data, calibration, model. */
function describe(summary: TrainSummary, calibration: readonly string[]): string[] {
  const { best } = summary;
  const scores =
    best === undefined
      ? "not evaluated"
      : `${Object.entries(best.metrics)
          .map(([name, value]) => `${name} ${value.toFixed(4)}`)
          .join(", ")} (step ${best.step}, epoch ${best.epoch + 1})`;
  return [
    `best on validation: ${scores}`,
    ...nothingLearned(best?.metrics),
    ...calibration,
    summary.modelFolder === undefined
      ? "model: none yet, because the run stopped before its first evaluation"
      : `model: ${summary.modelFolder}`,
  ];
}

function describeBoth(
  summary: TrainBothSummary,
  config: Config | BothConfig,
  describeOne: (summary: TrainSummary) => string[],
  output: Output,
): string {
  const { style } = output;
  const { status, entities, relations, bundle, evaluation, warnings, runFolder } = summary;
  const part = (name: string, one: TrainSummary | undefined) =>
    one === undefined
      ? []
      : [
          `${style("bold", name)}: ${one.status} after ${counted(one.steps, "step")}`,
          ...describeOne(one),
          "",
        ];
  return [
    ...part("entities", entities),
    ...part("relations", relations),
    ...(bundle === undefined ? [style("bold", status)] : [`${style("bold", "bundle")}: ${bundle}`]),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(evaluation === undefined
      ? []
      : [
          ...headline(evaluation, output),
          "  on the validation documents, which also chose the best epochs: on other documents, scores will be lower",
        ]),
    ...(bundle === undefined
      ? [resumeLine(runFolder)]
      : [
          `next: score it on documents that it has not seen: ${evaluateCommandLine(bundle, config)}`,
          `next: use it: relata extract ${bundle} --text "..."`,
        ]),
  ].join("\n");
}

function nextOf({ status, modelFolder, runFolder }: TrainSummary, config: Config | BothConfig): string {
  return status === "interrupted" || modelFolder === undefined
    ? resumeLine(runFolder)
    : `next: score it on documents that it has not seen: ${evaluateCommandLine(modelFolder, config)}`;
}

function resumeLine(runFolder: string): string {
  return `resume with: relata train --run ${runFolder} --resume`;
}

/** The command that scores the model on documents not used in its training, which only the user can name. */
function evaluateCommandLine(modelFolder: string, config: Config | BothConfig): string {
  const both = config.task === "both" ? [config.entities, config.relations] : [config];
  const { data } = both[0]!; // the models share their documents
  const sees = (kind: Config["visual"]["kind"]) => both.some(({ visual }) => visual.kind === kind);
  const options = [
    ...(["auto", "relata"].includes(data.format) ? [] : ["--format", data.format]),
    ...(data.offsets === undefined ? [] : ["--offsets", data.offsets]),
    ...(sees("pictures") && data.pictures !== undefined ? ["--pictures", data.pictures] : []),
    ...(sees("captions") ? ["--captions", "<caption file>"] : []),
  ];
  return ["relata evaluate", modelFolder, "<test file>", ...options].join(" ");
}
