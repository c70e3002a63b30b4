// Interprets the options of `relata experiment run`: evaluation sets, stores and data sets by name, for the preset.
import { join, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { readWholeText } from "../base/whole-file.ts";
import { settingOf, valueAt } from "../config/fields.ts";
import { absolutePaths, findConfig, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type EvaluationSet, type Preset, type PresetOptions, VALIDATION } from "../experiments/plan.ts";
import { completeOptions } from "../experiments/preset-options.ts";
import type { ExtensionOptions } from "./extension-option.ts";
import { assignments, parseAssignment } from "./field-assignments.ts";
import type { DivisionOptions } from "./unit-options.ts";

/** A field and the values that follow it on the command line. */
export interface FieldOption {
  readonly field: string;
  readonly values: string[];
}

export interface RunOptions extends ExtensionOptions, DivisionOptions {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly seeds?: readonly number[] | undefined;
  readonly out?: string | undefined;
  readonly jobs?: number | undefined;
  readonly threads?: number | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly evaluate?: readonly string[] | undefined;
  readonly field?: readonly FieldOption[] | undefined;
  readonly values?: readonly string[] | undefined;
  readonly cross?: boolean | undefined;
  readonly rounds?: readonly number[] | undefined;
  readonly views?: readonly number[] | undefined;
  readonly store?: readonly string[] | undefined;
  readonly plan?: readonly string[] | undefined;
  readonly dataset?: readonly string[] | undefined;
  readonly labelMap?: string | undefined;
  readonly keep: "results" | "best" | "all";
  readonly changed: "refuse" | "rerun" | "keep";
  readonly ceiling?: readonly string[] | undefined;
  readonly samples?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Returns the base configuration: the file with `--set` applied, and the training store. Without a file, that of the first data set. */
export async function baseConfig(options: RunOptions): Promise<Config> {
  const { config, set = [], store = [], plan = [], dataset = [], extension } = options;
  // A store that the experiment makes does not exist yet; the preset inserts its path.
  const main = paths("--store", store).main ?? paths("--plan", plan).main;
  const texts = [...set, ...(main === undefined ? [] : [`synthesis.store=${JSON.stringify(main)}`])];
  const [first] = dataset;
  const path = config ?? findConfig(".") ?? (first === undefined ? undefined : named("--dataset", first)[1]);
  return loadConfig({ path, overrides: assignments(texts), extensions: extension });
}

/** Returns the preset's input besides the base configuration. */
export async function presetOptions(
  preset: Preset,
  base: Config,
  options: RunOptions,
): Promise<PresetOptions> {
  const { evaluate = [], store = [], plan = [], dataset = [], labelMap, rounds, views } = options;
  const datasets = await Promise.all(
    dataset.map(async (text) => {
      const [name, path] = named("--dataset", text);
      return { name, config: await loadConfig({ path, extensions: base.extensions }) };
    }),
  );
  return completeOptions(preset, base, {
    sets: evaluate.map(parseEvaluationSet),
    ...valuesOf(preset, options),
    rounds,
    views,
    stores: paths("--store", store),
    synthesisPlans: paths("--plan", plan),
    datasets,
    labelMaps: labelMap === undefined ? {} : await readLabelMaps(labelMap),
  });
}

/** Values of fields for a preset that sweeps fields, otherwise numbers. */
function valuesOf(preset: Preset, options: RunOptions): Pick<PresetOptions, "values" | "fields" | "cross"> {
  const { field = [], values = [], cross = false } = options;
  const fields = field.length > 0 ? inFields(field, values) : ofOnlyField(preset, values);
  if (preset.sweeps === undefined && fields.length === 0)
    return { cross, ...(values.length === 0 ? {} : { values: values.map(numberOf) }) };
  return {
    fields: fields.map(({ field: name, values: texts }) => ({
      field: name,
      values: texts.map((text) => fieldValue(name, text)),
    })),
    cross,
  };
}

/** The named fields; values in front of a single field are its own. */
function inFields(fields: readonly FieldOption[], all: readonly string[]): readonly FieldOption[] {
  const [only] = fields;
  if (fields.length === 1 && only !== undefined) return [{ field: only.field, values: [...all] }];
  if (fields.reduce((sum, { values }) => sum + values.length, 0) === all.length) return fields;
  throw wrongOption(
    "--values",
    all[0] ?? "",
    "Name the values of each field after it: --field <field> --values <value...>.",
  );
}

/** The values of a preset's field, where it has only one. */
function ofOnlyField({ name, sweeps }: Preset, values: readonly string[]): readonly FieldOption[] {
  if (values.length === 0 || sweeps === undefined) return [];
  if (sweeps !== "any" && sweeps.length === 1) return sweeps.map((field) => ({ field, values: [...values] }));
  throw wrongOption(
    "--values",
    values.join(" "),
    `Say which field they belong to: --field ${sweeps === "any" ? "<field>" : `<${sweeps.join(" or ")}>`} --values <value...>. The preset ${name} has no single one.`,
  );
}

/** A value as `--set` reads it, with an absolute path where the field has one. */
function fieldValue(field: string, text: string): unknown {
  const [, value] = parseAssignment(`${field}=${text}`);
  return valueAt(absolutePaths(settingOf(field, value), resolve(".")), field);
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw wrongOption("--values", text, "The values of this preset are numbers.");
}

const SET_FIELDS = ["captions", "pictures", "features", "views"] as const;

/** `test=test.jsonl,captions=captions.jsonl`: a name, its file, and differences from the configuration. */
function parseEvaluationSet(text: string): EvaluationSet {
  const [name, rest] = named("--evaluate", text);
  const fields: Record<string, string> = {};
  for (const part of rest.split(",")) {
    const [, key = "file", value = part] =
      /^(captions|pictures|features|views|format)=(.*)$/.exec(part) ?? [];
    if (value !== "") fields[key] = value;
  }
  const { file, format } = fields;
  if ((name === VALIDATION) === (file !== undefined)) {
    throw wrongOption(
      "--evaluate",
      text,
      name === VALIDATION
        ? "The validation documents are those of the configuration: omit the file, or choose another name."
        : "Name the file: <name>=<file>[,captions=<file>][,pictures=<folder>][,features=<file>][,views=<store>][,format=<name>].",
    );
  }
  return {
    name,
    ...(file === undefined ? {} : { file: resolve(file) }),
    ...(format === undefined ? {} : { format: format as Config["data"]["format"] }),
    ...Object.fromEntries(
      SET_FIELDS.flatMap((field) => (fields[field] === undefined ? [] : [[field, resolve(fields[field])]])),
    ),
  };
}

/** The experiment's usual folder; sweeps of other fields have others. */
export function folderFor({ name, sweeps }: Preset, { fields = [] }: PresetOptions): string {
  const swept = sweeps === "any" ? fields.map(({ field }) => field) : [];
  return join("runs", [name, ...swept].join("-"));
}

/** Returns reference values by name. */
export function ceilingsOf({ ceiling = [] }: RunOptions): Record<string, number> {
  return Object.fromEntries(
    ceiling.map((text) => {
      const [name, value] = named("--ceiling", text);
      if (value.trim() === "" || !Number.isFinite(Number(value)))
        throw wrongOption("--ceiling", text, "Write --ceiling <name>=<number>.");
      return [name, Number(value)];
    }),
  );
}

function paths(option: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, path] = named(option, text);
      return [name, resolve(path)];
    }),
  );
}

function named(option: string, text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw wrongOption(option, text, `Write ${option} <name>=<path>.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function readLabelMaps(path: string): Promise<PresetOptions["labelMaps"]> {
  const { z } = await import("zod");
  const schema = z.record(z.string(), z.record(z.string(), z.string().min(1).nullable()));
  try {
    return schema.parse(JSON.parse(await readWholeText(path)));
  } catch (cause) {
    throw new ConfigError({
      code: "experiment/bad-label-map",
      message: `${path} is not a label map (${(cause as Error).message.split("\n", 1)[0]})`,
      place: path,
      remedy: 'Write {"<data set>": {"<its label>": "<shared label>", "<label to leave out>": null}}.',
      cause,
    });
  }
}

function wrongOption(option: string, text: string, remedy: string): ConfigError {
  return new ConfigError({
    code: "experiment/bad-option",
    message: `invalid value for ${option}: "${text}"`,
    place: option,
    value: text,
    remedy,
  });
}
