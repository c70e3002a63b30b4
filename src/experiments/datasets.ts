// Several data sets in one experiment: what each brings to the common configuration, and which evaluation sets belong to it.
import { type Fields, isFields } from "../base/fields.ts";
import type { Config } from "../config/schema.ts";
import {
  type EvaluationSet,
  type NamedConfig,
  type Overrides,
  type PresetOptions,
  presetError,
  VALIDATION,
} from "./plan.ts";

/**
 * What a data set's configuration brings: its documents (`data`), its file of features, and its store of generated views. Everything else, such
 * as model and training, is the base configuration's.
 *
 * @throws ConfigError `experiment/other-task`
 */
export function datasetOverrides(base: Config, dataset: NamedConfig, options: PresetOptions): Overrides {
  const { name, config } = dataset;
  if (config.task !== base.task) {
    throw presetError(
      "experiment/other-task",
      `the data set "${name}" has the task "${config.task}", but the base configuration has "${base.task}"`,
      "Compare data sets of one task; run an experiment for each task.",
      config.task,
    );
  }
  return {
    data: replacing(base.data, config.data),
    ...(base.visual.kind === "features" ? { visual: { features: config.visual.features ?? null } } : {}),
    ...(base.method === "mi2rage" ? { synthesis: viewsOf(base, dataset, options) } : {}),
  };
}

/** The store of a data set's views: named by an option or its own configuration. Teachers are trained on it, or on what its configuration says. */
function viewsOf(base: Config, { name, config }: NamedConfig, { stores }: PresetOptions): Overrides {
  const { selection, store } = config.synthesis;
  const isBase = config.data.train === base.data.train;
  return {
    store: stores[name] ?? store ?? (isBase ? base.synthesis.store : undefined) ?? null,
    selection: { scores: selection.scores ?? null, teacherStore: selection.teacherStore ?? null },
  };
}

/** Whether a student of MI2RAGE could be trained on a data set: always, unless it has no store of the views that the configuration uses. */
export function hasViews(base: Config, overrides: Overrides): boolean {
  const { use, rounds } = base.synthesis;
  if (base.method !== "mi2rage" || use === "real" || rounds === 0) return true;
  return isFields(overrides.synthesis) && typeof overrides.synthesis.store === "string";
}

/** Overrides that make `value` of a section: fields that only the base has are removed. */
function replacing(base: Fields, value: Fields): Overrides {
  const removed = Object.keys(base).filter((key) => value[key] === undefined);
  const kept = Object.entries(value).map(([key, inner]) => [
    key,
    isFields(inner) && isFields(base[key]) ? replacing(base[key], inner) : inner,
  ]);
  return { ...Object.fromEntries(removed.map((key) => [key, null])), ...Object.fromEntries(kept) };
}

/** The evaluation sets of a data set: its validation documents, and the sets that the user named `<data set>/<name>`. */
export function setsOf(name: string, { sets, datasets }: PresetOptions): readonly EvaluationSet[] {
  const names = datasets.map((dataset) => dataset.name);
  const own = sets.filter((set) => datasetOf(set, names) === name);
  return [{ name: `${name}/${VALIDATION}` }, ...own];
}

/** Returns the data set of a set "dataset/name". @throws ConfigError `experiment/unknown-dataset` */
export function datasetOf({ name }: Pick<EvaluationSet, "name">, datasets: readonly string[]): string {
  const owner = datasets.find((dataset) => name.startsWith(`${dataset}/`));
  if (owner !== undefined) return owner;
  throw presetError(
    "experiment/unknown-dataset",
    `the evaluation set "${name}" does not say which data set it belongs to`,
    `Name it <data set>/<name>, where <data set> is one of: ${datasets.join(", ")}.`,
    name,
  );
}
