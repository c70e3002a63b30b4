// Compares a model's predictions with the gold document by document, as input to significance tests.

import type { Config } from "../config/schema.ts";
import type { Document } from "../data/document.ts";
import { documentClusters } from "../data/document-clusters.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { readDocuments } from "../data/readers.ts";
import type { Statistic } from "../evaluation/bootstrap.ts";
import type { Extensions } from "../extensions/extension.ts";
import type { DataFormat } from "./stage.ts";

export type Metric = Config["training"]["metric"];

/** A class's part in the score of one document: F1 is the sum of `above` over the sum of `below`. */
interface Part {
  readonly label: string;
  /** Twice the true positives; for accuracy the correct instances. */
  readonly above: number;
  /** Predicted and gold instances together; for accuracy all instances. */
  readonly below: number;
}

/** Parts by document id. */
export type Outcomes = ReadonlyMap<string, readonly Part[]>;

/** Documents of a gold file, read once. */
async function readGold(
  { file, ...data }: { readonly file: string } & DataFormat,
  extensions: Extensions,
): Promise<readonly Document[]> {
  const { format, bio, imageExtension, offsets, noneLabel } = data;
  const naming = noneLabel === undefined ? {} : { noneLabel };
  return (await readDocuments(file, { format, extensions, bio, imageExtension, offsets, ...naming }))
    .documents;
}

/** Gold documents, and a number for each that those share which have a text or a picture in common. */
export interface Gold {
  readonly documents: readonly Document[];
  readonly clusters: ReadonlyMap<string, number>;
}

/** Documents of a gold file with their clusters. */
export async function readClustered(
  gold: Parameters<typeof readGold>[0],
  extensions: Extensions,
): Promise<Gold> {
  const documents = await readGold(gold, extensions);
  const clusters = documentClusters(documents);
  return { documents, clusters: new Map(documents.map(({ id }, i) => [id, clusters[i]!])) };
}

/** Compares predicted documents with the gold ones by id; gold relations that scoring left out do not count. */
export function outcomesOf(
  task: Config["task"],
  metric: Metric,
  gold: readonly Document[],
  predicted: readonly Document[],
): Outcomes {
  const goldById = new Map(gold.map((document) => [document.id, document]));
  return new Map(
    predicted.flatMap((document) => {
      const own = goldById.get(document.id);
      if (own === undefined) return [];
      return [
        [
          document.id,
          partsOf(INSTANCES[task](own, document), metric, task === "classification" ? undefined : NONE_LABEL),
        ],
      ];
    }),
  );
}

/** Instances by key: where they are, and their gold and predicted label. */
interface Instance {
  readonly gold?: string;
  readonly predicted?: string;
}

function relationKeys(gold: Document, predicted: Document): Instance[] {
  const goldLabels = new Map(gold.relations.map(({ head, tail, label }) => [`${head} ${tail}`, label]));
  return predicted.relations.map(({ head, tail, label }) => {
    const gold = goldLabels.get(`${head} ${tail}`) ?? NONE_LABEL; // an unannotated pair that the model was asked about
    return { gold, predicted: label };
  });
}

function entityKeys(gold: Document, predicted: Document): Instance[] {
  const key = ({ start, end, label }: Document["entities"][number]) => `${start} ${end} ${label}`;
  const goldKeys = new Map(gold.entities.map((entity) => [key(entity), entity.label]));
  const found = new Map(predicted.entities.map((entity) => [key(entity), entity.label]));
  return [
    ...[...goldKeys].map(([at, label]) =>
      found.has(at) ? { gold: label, predicted: label } : { gold: label },
    ),
    ...[...found].flatMap(([at, label]) => (goldKeys.has(at) ? [] : [{ predicted: label }])),
  ];
}

function categoryKeys(gold: Document, predicted: Document): Instance[] {
  const label = predicted.category?.label;
  return gold.category === undefined || label === undefined
    ? []
    : [{ gold: gold.category.label, predicted: label }];
}

const INSTANCES: Readonly<
  Record<Config["task"], (gold: Document, predicted: Document) => readonly Instance[]>
> = { mre: relationKeys, mner: entityKeys, classification: categoryKeys };

/** The parts of a document's instances; the label `none` does not count as a class. */
function partsOf(instances: readonly Instance[], metric: Metric, none: string | undefined): Part[] {
  const parts = new Map<string, { above: number; below: number }>();
  const add = (label: string, above: number, below: number) => {
    const part = parts.get(label) ?? { above: 0, below: 0 };
    parts.set(label, { above: part.above + above, below: part.below + below });
  };
  for (const { gold, predicted } of instances) {
    if (metric === "accuracy") {
      add("all", Number(gold === predicted), 1);
      continue;
    }
    const classOf = (label: string) => (metric === "micro_f1" ? "all" : label);
    if (gold !== undefined && gold !== none) add(classOf(gold), gold === predicted ? 2 : 0, 1);
    if (predicted !== undefined && predicted !== none) add(classOf(predicted), 0, 1);
  }
  return [...parts].map(([label, part]) => ({ label, ...part }));
}

/**
 * Returns the score of one run on a resample of `documents` (indices into it): the mean of the classes' ratios, 0 for a class without instances.
 * `classes`: the number of classes in the mean; by default those that occur.
 */
export function statisticOf(outcomes: Outcomes, documents: readonly string[], classes?: number): Statistic {
  const labels = new Map<string, number>();
  const starts = new Uint32Array(documents.length + 1);
  const flat = documents.flatMap((id, i) => {
    const parts = outcomes.get(id) ?? [];
    starts[i + 1] = (starts[i] ?? 0) + parts.length;
    return parts;
  });
  for (const { label } of flat) if (!labels.has(label)) labels.set(label, labels.size);
  const at = Uint32Array.from(flat, ({ label }) => labels.get(label) ?? 0);
  const above = Uint32Array.from(flat, (part) => part.above);
  const below = Uint32Array.from(flat, (part) => part.below);
  const count = Math.max(1, classes ?? labels.size);
  const numerators = new Float64Array(labels.size);
  const denominators = new Float64Array(labels.size);
  return (indices) => {
    numerators.fill(0);
    denominators.fill(0);
    for (let i = 0; i < indices.length; i++) {
      const document = indices[i]!; // resampled indices are valid
      const end = starts[document + 1]!;
      for (let part = starts[document]!; part < end; part++) {
        numerators[at[part]!]! += above[part]!; // parts, their classes and the sums have the same keys
        denominators[at[part]!]! += below[part]!;
      }
    }
    let sum = 0;
    for (let label = 0; label < numerators.length; label++) {
      const divisor = denominators[label]!;
      if (divisor > 0) sum += numerators[label]! / divisor;
    }
    return sum / count;
  };
}

/** Returns the mean of several runs' scores on the same resample. */
export function meanStatistic(runs: readonly Statistic[]): Statistic {
  return (indices) => runs.reduce((sum, run) => sum + run(indices), 0) / runs.length;
}
