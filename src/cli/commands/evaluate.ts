// `relata evaluate`: scores a trained model on a data file.

import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import type { NegativesSetting } from "../../config/negatives.ts";
import type { BundleEvaluationSummary } from "../../extract/both/evaluate-bundle.ts";
import type {
  CategoryEvaluationSummary,
  EntityEvaluationSummary,
  EvaluateRequest,
  EvaluationSummary,
  RelationEvaluationSummary,
} from "../../extractors/requests.ts";
import { annotatorsOption, IMAGE_FIELD, TEXT_FIELD } from "../annotation-options.ts";
import type { CommandContext } from "../context.ts";
import { describeAccount } from "../data-account.ts";
import {
  addPredictionOptions,
  addVerifyOption,
  type DeviceOptions,
  modelOptions,
} from "../device-options.ts";
import { describeGap } from "../gap-table.ts";
import { fileOffsetsOption } from "../offsets-option.ts";
import { parseCount } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { NONE_LABEL_HELP, parseNegatives } from "../pair-options.ts";
import { formatTable } from "../table.ts";
import { describeThresholdScores } from "../threshold-tables.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options extends DeviceOptions {
  readonly format: string;
  readonly bio: NonNullable<EvaluateRequest["bio"]>;
  readonly imageExtension: string;
  readonly offsets?: EvaluateRequest["offsets"];
  readonly annotators?: EvaluateRequest["annotators"];
  readonly textField?: string | undefined;
  readonly imageField?: string | undefined;
  readonly unconstrained?: boolean | undefined;
  readonly predictions?: string | undefined;
  readonly pictures?: string | undefined;
  readonly features?: string | undefined;
  readonly captions?: string | undefined;
  readonly views?: string | undefined;
  readonly viewCount?: number | undefined;
  readonly aggregate: "fusion" | "average";
  readonly noneLabel?: string | undefined;
  readonly negatives?: NegativesSetting | undefined;
  readonly typeConstraints: boolean;
  readonly thresholds: boolean;
  readonly modalityGap?: boolean | undefined;
  readonly allowTrainingData?: boolean | undefined;
  readonly record?: boolean | undefined;
  readonly unknownRelations: "refuse" | "leave-out" | "as-none";
}

export function evaluateCommand(context: CommandContext): Command {
  const command = new Command("evaluate")
    .description("score a trained model, or a bundle from texts to relations, on a data file")
    .argument("<model>", "folder of the model, for instance runs/first/model-best, or of a bundle")
    .argument("<file>", "documents with their relations, entities or categories")
    .option("-f, --format <name>", "format of the file (docs/data.md); auto guesses it", "auto")
    .addOption(
      new Option("--bio <policy>", "how to read orphan I- tags of a CoNLL file")
        .choices(["conll", "strict", "repair"])
        .default("conll"),
    )
    .option("--image-extension <text>", "extension to add to the picture ids of a CoNLL file", ".jpg")
    .addOption(fileOffsetsOption("the file"))
    .addOption(annotatorsOption())
    .option(...TEXT_FIELD)
    .option(...IMAGE_FIELD)
    .option("--unconstrained", "decode the best of all tag sequences, well-formed or not (entities)")
    .option("--predictions <file>", "also write the documents with the model's predictions (JSONL)")
    .option("--pictures <folder>", "pictures, for a model that uses them")
    .option(
      "--features <file>",
      "features, for a model that uses them (default: the file it was trained with)",
    )
    .option("--captions <file>", "captions, for a model that uses them")
    .option(
      "--views <store>",
      "generated views of these documents (relata synthesize), for a model trained with method mi2rage; the documents' own pictures or captions are then optional",
    )
    .option("--view-count <number>", "generated views per document at most (default: all)", parseCount)
    .addOption(
      new Option(
        "--aggregate <how>",
        "attention over all views, or the mean of the predictions for each view alone",
      )
        .choices(["fusion", "average"])
        .default("fusion"),
    )
    .option("--none-label <label>", `${NONE_LABEL_HELP} (default: as in training)`)
    .option(
      "--negatives <which>",
      "unannotated pairs to score as None: typed, all or none (default: as in training)",
      parseNegatives,
    )
    .option("--no-type-constraints", "allow any relation, whatever the types of the mentions")
    .option("--no-thresholds", "do not also score what the model reports with its own thresholds")
    .option(
      "--modality-gap",
      "also measure how far pictures are from their own texts in the model's representations (relation models of I2SRM)",
    )
    .option(
      "--allow-training-data",
      "score documents that the model was trained on, which is otherwise refused; the result says so",
    )
    .option("--record", "keep the scores with the model: in its card, and for relata serve")
    .addOption(
      new Option("--unknown-relations <how>", "what to do with a relation that the model was not trained on")
        .choices(["refuse", "leave-out", "as-none"])
        .default("refuse"),
    );
  return addVerifyOption(addPredictionOptions(command)).action(
    (model: string, file: string, options: Options) => evaluate(model, file, options, context),
  );
}

async function evaluate(
  model: string,
  file: string,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  output.status("loading the model");
  const library = await import("../../library/evaluate.ts");
  if (options.views === undefined && (options.viewCount !== undefined || options.aggregate === "average")) {
    const { ConfigError } = await import("../../base/errors.ts");
    throw new ConfigError({
      code: "cli/contradiction",
      message: "--view-count and --aggregate apply to generated views, and no store is given",
      place: options.viewCount === undefined ? "--aggregate" : "--view-count",
      remedy: "Name a store with --views, or omit both options.",
    });
  }
  const { format, pictures, features, captions, unknownRelations } = options;
  const progress = trainingProgress(output);
  let summary: EvaluationSummary | BundleEvaluationSummary;
  try {
    summary = await library.evaluate({
      model,
      data: file,
      format,
      bio: options.bio,
      imageExtension: options.imageExtension,
      offsets: options.offsets,
      annotators: options.annotators,
      textField: options.textField,
      imageField: options.imageField,
      ...(options.unconstrained === true ? { constrained: false } : {}),
      predictions: options.predictions,
      pictures,
      features,
      captions,
      views: options.views === undefined ? undefined : viewsOf(options, options.views),
      unknownRelations,
      allowTrainingData: options.allowTrainingData,
      record: options.record,
      noneLabel: options.noneLabel,
      negatives: options.negatives,
      typeConstraints: options.typeConstraints,
      thresholds: options.thresholds,
      modalityGap: options.modalityGap,
      ...modelOptions(options, output),
      signal,
      onPreparation: progress.onPreparation,
    });
  } finally {
    progress.stop();
  }
  if (summary.task === "both") {
    const { describeBundleScores } = await import("../bundle-scores.ts");
    output.result(summary, () => describeBundleScores(summary, output));
  } else output.result(summary, () => describe(summary, output));
}

function viewsOf({ viewCount, aggregate }: Options, store: string) {
  return { store, aggregate, count: viewCount };
}

function describe(summary: EvaluationSummary, output: Output): string {
  switch (summary.task) {
    case "mner":
      return describeEntities(summary);
    case "mre":
      return describeRelations(summary, output);
    case "classification":
      return describeCategories(summary, output);
    default:
      return summary satisfies never;
  }
}

/** How far chance alone can move the micro F1. */
function intervalLine({ intervals: { micro } }: EvaluationSummary): string {
  return `95 % interval of the micro F1: ${micro.map((end) => end.toFixed(3)).join(" to ")}`;
}

const row = (name: string, score: { precision: number; recall: number; f1: number }) => [
  name,
  score.precision,
  score.recall,
  score.f1,
];

function describeEntities(summary: EntityEvaluationSummary): string {
  const { visualChannel, metrics, withThresholds, data, constrained, windowed, notes } = summary;
  const { micro, macro, weighted, boundaries, types, documents, exactDocuments } = metrics;
  return [
    [`visual channel: ${visualChannel}`, describeAccount(data), ...notes].join("\n"),
    `${exactDocuments} of ${counted(documents, "text")} without errors${windowed > 0 ? `, ${windowed} read in windows` : ""}${constrained ? "" : ", decoding unconstrained"}`,
    formatTable(
      ["entities", "precision", "recall", "F1"],
      [row("micro", micro), row("macro", macro), row("weighted", weighted), row("spans only", boundaries)],
    ),
    intervalLine(summary),
    formatTable(
      ["type", "precision", "recall", "F1", "gold", "predicted"],
      types.map((one) => [one.label, one.precision, one.recall, one.f1, one.support, one.predicted]),
    ),
    ...(withThresholds
      ? [
          describeThresholdScores(
            "type",
            { micro, labels: types },
            { ...withThresholds, micro: withThresholds.metrics.micro, labels: withThresholds.metrics.types },
          ),
        ]
      : []),
  ].join("\n\n");
}

function describeRelations(summary: RelationEvaluationSummary, output: Output): string {
  const { visualChannel, metrics, withThresholds, modalityGap, data, views, notes } = summary;
  const { micro, macro, macroSupported } = metrics;
  const scored = [...metrics.relations].sort((a, b) => b.support - a.support);
  return [
    [`visual channel: ${visualChannel}`, describeAccount(data), ...notes].join("\n"),
    ...(views ? [`${views.perExample.toFixed(2)} generated views per example from ${views.store}`] : []),
    `accuracy ${metrics.accuracy.toFixed(4)} (${metrics.correct} of ${metrics.instances}, None included)`,
    formatTable(
      ["without None", "precision", "recall", "F1"],
      [row("micro", micro), row("macro", macro), row("macro, relations that occur", macroSupported)],
    ),
    intervalLine(summary),
    formatTable(
      ["relation", "precision", "recall", "F1", "gold", "predicted"],
      scored.map((one) => [one.label, one.precision, one.recall, one.f1, one.support, one.predicted]),
    ),
    ...(withThresholds
      ? [
          describeThresholdScores(
            "relation",
            { micro, labels: scored },
            {
              ...withThresholds,
              micro: withThresholds.metrics.micro,
              labels: withThresholds.metrics.relations,
            },
          ),
        ]
      : []),
    ...(modalityGap ? [describeGap(modalityGap)] : []),
    output.style("bold", "confusion matrix: gold in rows, predicted in columns"),
    confusionTable(metrics.relations, metrics.confusion),
  ].join("\n\n");
}

function describeCategories(summary: CategoryEvaluationSummary, output: Output): string {
  const { visualChannel, metrics, withThresholds, data, notes } = summary;
  const { accuracy, correct, instances, micro, macro, macroSupported, categories, confusion } = metrics;
  const scored = [...categories].sort((a, b) => b.support - a.support);
  const absent = categories.some(({ support }) => support === 0);
  return [
    [`visual channel: ${visualChannel}`, describeAccount(data), ...notes].join("\n"),
    `accuracy ${accuracy.toFixed(4)} (${correct} of ${instances}), which is also the micro F1`,
    formatTable(
      ["", "precision", "recall", "F1"],
      [row("macro", macro), ...(absent ? [row("macro, categories that occur", macroSupported)] : [])],
    ),
    intervalLine(summary),
    formatTable(
      ["category", "precision", "recall", "F1", "gold", "predicted"],
      scored.map((one) => [one.label, one.precision, one.recall, one.f1, one.support, one.predicted]),
    ),
    ...(withThresholds
      ? [
          describeThresholdScores(
            "category",
            { micro, labels: scored },
            {
              ...withThresholds,
              micro: withThresholds.metrics.micro,
              labels: withThresholds.metrics.categories,
            },
          ),
        ]
      : []),
    output.style("bold", "confusion matrix: gold in rows, predicted in columns"),
    confusionTable(categories, confusion),
  ].join("\n\n");
}

/** Columns have numbers, which the row names explain: 23 relation names side by side do not fit a terminal. */
function confusionTable(
  labels: RelationEvaluationSummary["metrics"]["relations"],
  confusion: RelationEvaluationSummary["metrics"]["confusion"],
): string {
  const used = labels
    .map((one, at) => ({ one, at }))
    .filter(({ one }) => one.support > 0 || one.predicted > 0)
    .sort((a, b) => b.one.support - a.one.support); // as in the table of scores
  return formatTable(
    ["", "gold", ...used.map((_, column) => String(column + 1))],
    used.map(({ one, at }, row) => [
      String(row + 1),
      one.label,
      ...used.map((other) => confusion[at]?.[other.at] ?? 0),
    ]),
  );
}
