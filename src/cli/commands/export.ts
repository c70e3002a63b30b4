// `relata export`: joins an entity model and a relation model into one self-contained folder, or writes a model as files for web pages.

import { join } from "node:path";
import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import { formatBytes } from "../../base/format-bytes.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { StoredPrecision } from "../../engine/packed-weights.ts";
import { CARD_TEXT } from "../../extract/card/card-files.ts";
import type { ExportSummary } from "../../extract/export-request.ts";
import type { SharedEncoder } from "../../extract/shared-encoders.ts";
import { DATASET_OPTION, LANGUAGE_OPTION, LICENSE_OPTION, statedIn } from "../card-options.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, addVerifyOption, type DeviceOptions, modelOptions } from "../device-options.ts";
import { offsetsOption } from "../offsets-option.ts";
import { trainingProgress } from "../training-progress.ts";
import { describeTypePairs } from "../type-pairs.ts";
import { exportForWeb, requireOneKind } from "../web-export.ts";

interface Options extends Omit<DeviceOptions, "precision"> {
  readonly precision?: StoredPrecision | undefined;
  readonly web?: boolean | undefined;
  readonly pictures: boolean;
  readonly constraintsFrom?: string | undefined;
  readonly format?: string | undefined;
  readonly typeConstraints: boolean;
  readonly offsets?: OffsetUnit | undefined;
  readonly noneLabel?: string | undefined;
  readonly categories?: string | undefined;
  readonly onnx?: boolean | undefined;
  readonly license?: string | undefined;
  readonly language?: readonly string[] | undefined;
  readonly dataset?: readonly string[] | undefined;
}

export function exportCommand(context: CommandContext): Command {
  const command = new Command("export")
    .description(
      "join an entity and a relation model into a bundle, or write a model as files for web pages (--web)",
    )
    .argument("<entities>", "folder of the entity model; with --web a bundle, or any trained model")
    .argument("<relations>", "folder of the relation model; with --web the folder to write")
    .argument("[folder]", "the bundle to write")
    .option(
      "--constraints-from <file>",
      "documents to learn from which entity types each relation joins (default: what was recorded when the relation model was trained)",
    )
    .option("-f, --format <name>", "format of that file (relata, mnre, parquet ...); default: relata")
    .addOption(offsetsOption("that file"))
    .option(
      "--no-type-constraints",
      "ask about all pairs of entities, whatever their types, and allow any relation",
    )
    .option("--none-label <label>", "the relation model's own label for no relation, for instance NA")
    .option("--categories <model>", "folder of a category model, to classify every post as well")
    .option(...LICENSE_OPTION)
    .option(...LANGUAGE_OPTION)
    .option(...DATASET_OPTION)
    .option("--web", "write <entities>, a bundle or a model, as static files for web pages to <relations>")
    .addOption(
      new Option(
        "--precision <name>",
        "with --web: how weights are stored; a page computes in fp32 whatever they are stored in (default: fp32)",
      ).choices(["fp32", "fp16", "int8"]),
    )
    .option("--no-pictures", "with --web: leave out what the models see of pictures or captions")
    .option("--onnx", "also write the prediction graphs as ONNX files with their weights inside");
  return addVerifyOption(addDeviceOptions(command)).action(
    (entities: string, relations: string, folder: string | undefined, options: Options) =>
      options.web === true
        ? runWeb(entities, relations, folder, options, context)
        : run(entities, relations, folder, options, context),
  );
}

/** Options that only join models. */
const JOINING = {
  constraintsFrom: "--constraints-from",
  format: "--format",
  offsets: "--offsets",
  noneLabel: "--none-label",
  categories: "--categories",
  onnx: "--onnx",
  license: "--license",
  language: "--language",
  dataset: "--dataset",
} as const;

async function runWeb(
  model: string,
  target: string,
  folder: string | undefined,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { precision, pictures, verify, extension, typeConstraints } = options;
  const joining = Object.entries(JOINING).map(([field, flag]) => [
    flag,
    options[field as keyof typeof JOINING],
  ]);
  requireOneKind(true, {
    ...Object.fromEntries(joining),
    "--no-type-constraints": typeConstraints ? undefined : true,
    "a third folder": folder,
  });
  await exportForWeb({ model, folder: target, precision, pictures, verify, extension }, context);
}

async function run(
  entities: string,
  relations: string,
  folder: string | undefined,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { precision, pictures, ...joinOptions } = options;
  requireOneKind(false, { "--precision": precision, "--no-pictures": pictures ? undefined : true });
  if (folder === undefined) throw missingFolder();
  const { constraintsFrom, format, offsets, typeConstraints, noneLabel, categories, onnx } = options;
  if (!typeConstraints && constraintsFrom !== undefined) {
    throw new ConfigError({
      code: "cli/contradiction",
      message: "--constraints-from and --no-type-constraints exclude each other",
      place: "--no-type-constraints",
      remedy: "Give one of them.",
    });
  }
  const about = format === undefined ? offsets && "--offsets" : "--format";
  if (about !== undefined && constraintsFrom === undefined) {
    throw new ConfigError({
      code: "cli/contradiction",
      message: `${about} is given without --constraints-from, the file that it describes`,
      place: about,
      remedy: `Name the documents with --constraints-from, or omit ${about}.`,
    });
  }
  const { exportBundle } = await import("../../extract/export-bundle.ts");
  const { loadExtensions } = await import("../../extensions/load-extensions.ts");
  const progress = trainingProgress(output);
  let summary: ExportSummary;
  try {
    summary = await exportBundle({
      entities,
      relations,
      folder,
      ...(constraintsFrom === undefined
        ? {}
        : {
            constraintsFrom: {
              path: constraintsFrom,
              format: format ?? "auto",
              offsets,
              extensions: await loadExtensions(options.extension),
            },
          }),
      typeConstraints,
      noneLabel,
      categories,
      onnx,
      stated: statedIn(options),
      ...modelOptions(joinOptions, output),
      signal,
      onProgress: progress.onPreparation,
    });
  } finally {
    progress.stop();
  }
  output.result(summary, () => describe(summary));
}

function missingFolder(): ConfigError {
  return new ConfigError({
    code: "cli/wrong-usage",
    message: "the folder of the bundle to write is missing",
    place: "folder",
    remedy: "Give three folders: the entity model, the relation model, and the bundle to write.",
  });
}

function describe(summary: ExportSummary): string {
  const { folder, bundle, entityTypes, relations, categories, notes, warnings } = summary;
  const { typeConstraints } = bundle;
  return [
    `wrote ${folder}: ${counted(entityTypes.length, "entity type")} (${entityTypes.join(", ")}), ${counted(relations.length, "relation")}${categories.length > 0 ? `, ${counted(categories.length, "category", "categories")} (${categories.join(", ")})` : ""}`,
    ...(typeConstraints === null
      ? ["no type constraints: the bundle asks about every pair of entities and allows any relation"]
      : [
          "type constraints: the bundle asks only about these types and allows only these relations",
          ...describeTypePairs(typeConstraints.pairs).map((line) => `  ${line}`),
          describeSource(typeConstraints.learntFrom),
        ]),
    ...(bundle.sharedEncoders ?? []).map(describeShared),
    ...notes.map((note) => `note: ${note}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    `model card: ${join(folder, CARD_TEXT)}`,
    `Next: relata extract ${folder} --text "..."`,
  ].join("\n");
}

function describeShared({ folder, models, bytes }: SharedEncoder): string {
  const names = `${models.slice(0, -1).join(", ")} and ${models.at(-1)}`;
  return `${names} share the text encoder in ${folder}: ${formatBytes(bytes)} instead of ${formatBytes(models.length * bytes)}`;
}

function describeSource({
  source,
  relations,
  types,
  withoutType,
  rare,
}: NonNullable<ExportSummary["bundle"]["typeConstraints"]>["learntFrom"]): string {
  if (types === "training")
    return `  recorded when the relation model was trained (${counted(relations, "relation")} of ${source})`;
  const given =
    types === "documents" ? "using the documents' types" : "using types that the entity model found";
  const left = withoutType + rare;
  return `  learnt from ${counted(relations, "relation")} ${given}${
    left > 0
      ? `; ${withoutType} with a mention that the model did not find and ${rare} with a type pair too rare to trust were left out`
      : ""
  }`;
}
