// `relata export`: joins an entity model and a relation model into one self-contained folder.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { ExportSummary } from "../../extract/export-bundle.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, addVerifyOption, type DeviceOptions, modelOptions } from "../device-options.ts";
import { offsetsOption } from "../offsets-option.ts";
import { trainingProgress } from "../training-progress.ts";
import { describeTypePairs } from "../type-pairs.ts";

interface Options extends DeviceOptions {
  readonly constraintsFrom?: string | undefined;
  readonly format?: string | undefined;
  readonly typeConstraints: boolean;
  readonly offsets?: OffsetUnit | undefined;
  readonly noneLabel?: string | undefined;
  readonly categories?: string | undefined;
  readonly onnx?: boolean | undefined;
}

export function exportCommand(context: CommandContext): Command {
  const command = new Command("export")
    .description("join an entity and a relation model into a bundle for extraction")
    .argument("<entities>", "folder of the entity model")
    .argument("<relations>", "folder of the relation model")
    .argument("<folder>", "the bundle to write")
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
    .option("--onnx", "also write the prediction graphs as ONNX files with their weights inside");
  return addVerifyOption(addDeviceOptions(command)).action(
    (entities: string, relations: string, folder: string, options: Options) =>
      run(entities, relations, folder, options, context),
  );
}

async function run(
  entities: string,
  relations: string,
  folder: string,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
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
      ...modelOptions(options, output),
      signal,
      onProgress: progress.onPreparation,
    });
  } finally {
    progress.stop();
  }
  output.result(summary, () => describe(summary));
}

function describe({ folder, bundle, entityTypes, relations, categories, warnings }: ExportSummary): string {
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
    ...warnings.map((warning) => `warning: ${warning}`),
    `Next: relata extract ${folder} --text "..."`,
  ].join("\n");
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
