// A row of an experiment while its results are collected: one variant under one evaluation, with what each seed's model answered.
import type { EvaluationResult } from "./evaluation-result.ts";
import type { ExperimentFile } from "./experiment-file.ts";
import type { Outcomes } from "./outcomes.ts";

interface RowKey {
  readonly variant: string;
  readonly set: string;
  readonly condition?: string | undefined;
}

/** All seeds of a row. */
export interface Row {
  readonly key: RowKey;
  readonly evaluations: ExperimentFile["evaluations"][number][];
  readonly outcomes: Map<number, Outcomes>;
  /** Of the gold documents, by id: equal for those that share a text or a picture. */
  clusters: ReadonlyMap<string, number>;
  readonly results: Map<number, EvaluationResult>;
}

/** A row with its other names. */
export interface MergedRow {
  readonly row: Row;
  readonly others: readonly Row[];
  readonly reference: boolean;
}

/** Returns the set's first evaluation of a variant, by default its reference. */
export function referenceOf(
  set: string,
  rows: readonly Row[],
  { reference, references }: ExperimentFile,
  variant = references[set] ?? reference,
): Row | undefined {
  return rows.find(({ key }) => key.set === set && key.variant === variant);
}

/** Returns the number of classes in a macro mean: all categories, or all relations but None, whether they occur or not. */
export function classesOf({ metric }: ExperimentFile, { metrics }: EvaluationResult): number | undefined {
  if (metric !== "macro_f1") return undefined;
  if ("categories" in metrics) return metrics.categories.length;
  if (!("relations" in metrics)) return undefined;
  return metrics.relations.filter(({ label }) => label !== "None").length;
}
