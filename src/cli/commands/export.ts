// `relata export`: joins an entity model and a relation model into one folder that needs nothing outside.
import { Command } from "commander";
import { ConfigError } from "../../base/errors.ts";
import type { ExportSummary } from "../../extract/export-bundle.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, addVerifyOption, type DeviceOptions, modelOptions } from "../device-options.ts";
import { trainingProgress } from "../training-progress.ts";
import { describeTypePairs } from "../type-pairs.ts";

interface Options extends DeviceOptions {
  readonly constraintsFrom?: string;
  readonly format?: string;
  readonly typeConstraints: boolean;
  readonly noneLabel?: string;
  readonly onnx?: boolean;
}

export function exportCommand(context: CommandContext): Command {
  const command = new Command("export")
    .description("join an entity and a relation model into a bundle for extraction")
    .argument("<entities>", "folder of the entity model")
    .argument("<relations>", "folder of the relation model")
    .argument("<folder>", "the bundle to write")
    .option(
      "--constraints-from <file>",
      "documents from which to learn which types of entities are joined by which relations (default: what the training of the relation model kept)",
    )
    .option("-f, --format <name>", "format of that file (relata, mnre, parquet ...); default: relata")
    .option("--no-type-constraints", "ask all pairs of entities, whatever their types, for any relation")
    .option("--none-label <label>", "the relation model's own name for no relation, for instance NA")
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
  const { constraintsFrom, format, typeConstraints, noneLabel, onnx } = options;
  if (!typeConstraints && constraintsFrom !== undefined) {
    throw new ConfigError({
      code: "cli/contradiction",
      message: "--constraints-from and --no-type-constraints are given",
      place: "--no-type-constraints",
      remedy: "Give one of them.",
    });
  }
  if (format !== undefined && constraintsFrom === undefined) {
    throw new ConfigError({
      code: "cli/contradiction",
      message: "--format is given, and no --constraints-from that it could be the format of",
      place: "--format",
      remedy: "Name the documents with --constraints-from, or leave --format out.",
    });
  }
  const { exportBundle } = await import("../../extract/export-bundle.ts");
  const progress = trainingProgress(output);
  let summary: ExportSummary;
  try {
    summary = await exportBundle({
      entities,
      relations,
      folder,
      ...(constraintsFrom === undefined
        ? {}
        : { constraintsFrom: { path: constraintsFrom, format: format ?? "relata" } }),
      typeConstraints,
      ...(noneLabel === undefined ? {} : { noneLabel }),
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

function describe({ folder, bundle, entityTypes, relations, warnings }: ExportSummary): string {
  const { typeConstraints } = bundle;
  return [
    `wrote ${folder}: ${entityTypes.length} entity types (${entityTypes.join(", ")}), ${relations.length} relations`,
    ...(typeConstraints === null
      ? ["no type constraints: every pair of entities is asked, and any relation can be the answer"]
      : [
          "type constraints: only these types are asked, and only these relations are answers",
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
    return `  kept by the training of the relation model (${relations} relations of ${source})`;
  const given =
    types === "documents" ? "with the documents' types" : "with types that the entity model found";
  const left = withoutType + rare;
  return `  learnt from ${relations} relations ${given}${
    left > 0 ? `; ${withoutType} have a mention it did not find, ${rare} a pair too rare to be trusted` : ""
  }`;
}
