// The preset that trains on every data set and scores on every other one, with labels mapped to shared names.
import type { Config } from "../../config/schema.ts";
import { type EvaluationSet, type Preset, presetError, type SharedStage, type Variant } from "../plan.ts";

const FILE = "documents.jsonl";

/** Train on one data set, test on each. */
export const transfer: Preset = {
  name: "transfer",
  description: "trained on each data set, scored on each, with labels mapped to shared names",
  options:
    "--dataset name=config.json (two or more: whose `data` section is taken); --label-map file.json: {dataset: {label: shared label or null}}",
  plan(_base, options) {
    const { datasets, labelMaps } = options;
    if (datasets.length < 2) {
      throw presetError(
        "experiment/too-few-datasets",
        `a transfer needs at least two data sets, got ${datasets.length}`,
        "Name each with --dataset name=config.json.",
      );
    }
    const unknown = Object.keys(labelMaps).find((name) => !datasets.some((dataset) => dataset.name === name));
    if (unknown !== undefined) {
      throw presetError(
        "experiment/unknown-dataset",
        `the label map names "${unknown}", which is not a data set`,
        `Name one of: ${datasets.map(({ name }) => name).join(", ")}.`,
        unknown,
      );
    }
    const extra = options.sets.map((set) => ({
      set,
      owner: ownerOf(
        set,
        datasets.map(({ name }) => name),
      ),
    }));
    const shared = datasets.flatMap(({ name, config }): SharedStage[] => [
      mapped(`${name}-train`, config.data.train, config.data, labelMaps[name]),
      mapped(`${name}-validation`, config.data.validation, config.data, labelMaps[name]),
      ...extra
        .filter(({ owner }) => owner === name)
        .map(({ set }) =>
          mapped(
            `${name}-${set.name.slice(name.length + 1)}`,
            set.file as string,
            { ...config.data, format: set.format ?? config.data.format },
            labelMaps[name],
          ),
        ),
    ]);
    const sets = datasets.flatMap(({ name, config }): EvaluationSet[] => [
      setOf(`${name}/validation`, `${name}-validation`, config.data.captions.validation, config),
      ...extra
        .filter(({ owner }) => owner === name)
        .map(({ set }) => ({
          ...setOf(set.name, `${name}-${set.name.slice(name.length + 1)}`, set.captions, config),
          ...(set.pictures === undefined ? {} : { pictures: set.pictures }),
          ...(set.features === undefined ? {} : { features: set.features }),
        })),
    ]);
    return {
      title: "Transfer between data sets",
      description:
        "Every row is trained on one data set and scored on one. For each data set, the reference is the model trained on it.",
      reference: datasets[0]?.name ?? "",
      references: Object.fromEntries(
        sets.map(({ name }) => [
          name,
          ownerOf(
            { name },
            datasets.map((dataset) => dataset.name),
          ),
        ]),
      ),
      sets,
      shared,
      variants: datasets.map(
        ({ name, config }): Variant => ({
          name,
          description: `trained on ${name}`,
          overrides: {
            data: {
              ...withoutFiles(config.data),
              format: "relata",
              train: { $stage: `${name}-train`, file: FILE },
              validation: { $stage: `${name}-validation`, file: FILE },
            },
            ...(config.visual.kind === "features" ? { visual: { features: config.visual.features } } : {}),
          },
          evaluations: sets.map((set) => ({ set: set.name, arguments: ["--unknown-relations", "as-none"] })),
        }),
      ),
    };
  },
};

/** The files' original label sets do not fit mapped documents: labels are read from the mapped documents. */
function withoutFiles({
  train: _,
  validation: __,
  format: ___,
  relations: ____,
  entityTypes: _____,
  ...data
}: Config["data"]) {
  return { ...data, relations: null, entityTypes: null };
}

function mapped(
  name: string,
  file: string,
  { format, bio, imageExtension, offsets }: Config["data"],
  labels: Readonly<Record<string, string | null>> = {},
): SharedStage {
  return {
    kind: "map-labels",
    name,
    perSeed: false,
    file,
    data: { format, bio, imageExtension, ...(offsets !== undefined && { offsets }) },
    labels,
  };
}

function setOf(
  name: string,
  stage: string,
  captions: string | undefined,
  { data, visual }: Config,
): EvaluationSet {
  return {
    name,
    file: { $stage: stage, file: FILE },
    format: "relata",
    ...(data.pictures === undefined ? {} : { pictures: data.pictures }),
    ...(captions === undefined ? {} : { captions }),
    ...(visual.kind === "features" && visual.features !== undefined ? { features: visual.features } : {}),
  };
}

/** Returns the data set of a set "dataset/name". */
function ownerOf({ name }: Pick<EvaluationSet, "name">, datasets: readonly string[]): string {
  const owner = datasets.find((dataset) => name.startsWith(`${dataset}/`));
  if (owner !== undefined) return owner;
  throw presetError(
    "experiment/unknown-dataset",
    `the evaluation set "${name}" does not say which data set it belongs to`,
    `Name it <data set>/<name>, where <data set> is one of: ${datasets.join(", ")}.`,
    name,
  );
}
