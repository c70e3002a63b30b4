// Interprets the options of `relata experiment run`: evaluation sets, stores and data sets by name, for the preset.
import { resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { readWholeText } from "../base/whole-file.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { openTextEncoder } from "../encoders/text-encoder.ts";
import { GENERATOR_ADAPTERS } from "../experiments/generator-adapters.ts";
import {
  type EvaluationSet,
  type Preset,
  type PresetOptions,
  type StoreFacts,
  VALIDATION,
} from "../experiments/plan.ts";
import { loadPlan } from "../plan/load-plan.ts";
import { openViewStore } from "../synthesis/store/open-store.ts";
import type { ExtensionOptions } from "./extension-option.ts";
import { assignments } from "./field-assignments.ts";

export interface RunOptions extends ExtensionOptions {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly seeds?: readonly number[] | undefined;
  readonly out?: string | undefined;
  readonly jobs?: number | undefined;
  readonly threads?: number | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly evaluate?: readonly string[] | undefined;
  readonly values?: readonly number[] | undefined;
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

/** Returns the base configuration: the file with `--set` applied, and the training store. */
export function baseConfig({
  config,
  set = [],
  store = [],
  plan = [],
  extension,
}: RunOptions): Promise<Config> {
  // A store that the experiment makes does not exist yet; the preset inserts its path.
  const main = paths("--store", store).main ?? paths("--plan", plan).main;
  const overrides = [...set, ...(main === undefined ? [] : [`synthesis.store=${JSON.stringify(main)}`])];
  return loadConfig({ path: config, overrides: assignments(overrides), extensions: extension });
}

/** Returns the preset's input besides the base configuration. */
export async function presetOptions(
  preset: Preset,
  base: Config,
  options: RunOptions,
): Promise<PresetOptions> {
  const { evaluate = [], store = [], plan = [], dataset = [], labelMap, values, rounds, views } = options;
  const datasets = await Promise.all(
    dataset.map(async (text) => {
      const [name, path] = named("--dataset", text);
      return { name, config: await loadConfig({ path, extensions: base.extensions }) };
    }),
  );
  const stores = paths("--store", store);
  const synthesisPlans = paths("--plan", plan);
  return {
    sets: evaluate.map(parseEvaluationSet),
    values,
    rounds,
    views,
    stores,
    storeFacts: await storeFacts(base, stores, synthesisPlans),
    synthesisPlans,
    datasets,
    labelMaps: labelMap === undefined ? {} : await readLabelMaps(labelMap),
    layers: preset.needsLayers === true ? (await openTextEncoder(base.encoder)).config.layers : 0,
  };
}

/** Returns rounds and chains of every store, from its manifest or its plan. */
async function storeFacts(
  { synthesis, extensions }: Config,
  stores: Readonly<Record<string, string>>,
  plans: Readonly<Record<string, string>>,
): Promise<Record<string, StoreFacts>> {
  const facts: Record<string, StoreFacts> = {};
  for (const [name, file] of Object.entries(plans)) {
    const { rounds, chains } = await loadPlan(file, GENERATOR_ADAPTERS, extensions);
    facts[name] = { rounds, chains };
  }
  const own = plans.main === undefined && synthesis.store !== undefined ? { main: synthesis.store } : {};
  for (const [name, folder] of Object.entries({ ...own, ...stores })) {
    const { rounds, chains } = await openViewStore(folder);
    facts[name] = { rounds, chains };
  }
  return facts;
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
