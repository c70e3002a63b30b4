// The preset that trains on every data set and scores on every other one, with labels mapped to shared names.
import type { Config } from "../../config/schema.ts";
import { datasetOf, datasetOverrides, hasViews } from "../datasets.ts";
import { joinOverrides } from "../overrides.ts";
import { type EvaluationSet, type Preset, presetError, type SharedStage, type Variant } from "../plan.ts";

const FILE = "documents.jsonl";

/** Train on one data set, test on each. */
export const transfer: Preset = {
  name: "transfer",
  description: "trained on each data set, scored on each, with labels mapped to shared names",
  options:
    "--dataset name=config.json (two or more: whose `data` section and store of views are taken); --store name=folder: views of a data set; --label-map file.json: {dataset: {label: shared label or null}}",
  plan(base, options) {
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
    const names = datasets.map(({ name }) => name);
    const extra = options.sets.map((set) => ({ set, owner: datasetOf(set, names) }));
    const brought = datasets.map((dataset) => datasetOverrides(base, dataset, options));
    const trained = datasets.filter((_, i) => hasViews(base, brought[i] ?? {}));
    const [first] = trained;
    if (first === undefined) throw noStores();
    const unseen = names.filter((name) => !trained.some((one) => one.name === name));
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
      description: `Every row is trained on one data set and scored on one. For each data set, the reference is the model trained on it.${
        unseen.length === 0
          ? ""
          : ` ${unseen.join(", ")} ${unseen.length === 1 ? "has" : "have"} no generated views to train on and ${unseen.length === 1 ? "is" : "are"} only scored, with real pairs; the reference there is the model trained on ${first.name}.`
      }`,
      reference: first.name,
      references: Object.fromEntries(
        sets.map((set) => {
          const owner = datasetOf(set, names);
          return [set.name, unseen.includes(owner) ? first.name : owner];
        }),
      ),
      sets,
      shared,
      variants: trained.map(
        ({ name }): Variant => ({
          name,
          description: `trained on ${name}`,
          overrides: joinOverrides(brought[names.indexOf(name)] ?? {}, {
            data: {
              format: "relata",
              train: { $stage: `${name}-train`, file: FILE },
              validation: { $stage: `${name}-validation`, file: FILE },
              // What the original files are read with does not fit the mapped ones.
              relations: null,
              entityTypes: null,
              offsets: null,
            },
          }),
          dataset: name,
          evaluations: sets.map((set) => ({ set: set.name, arguments: ["--unknown-relations", "as-none"] })),
        }),
      ),
    };
  },
};

function noStores() {
  return presetError(
    "experiment/needs-store",
    "none of the data sets has a store of generated views",
    "Set synthesis.store in the configuration of each data set to train on, or give --store <data set>=<folder>.",
  );
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
