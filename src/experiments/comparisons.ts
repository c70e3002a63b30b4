// Tests which rows of an experiment differ from their references, and corrects the p-values for the number of comparisons in each family.
import { setImmediate } from "node:timers/promises";
import { type Comparison, compareRows, holm, type RowOutcomes } from "./compare.ts";
import type { ExperimentFile } from "./experiment-file.ts";
import { classesOf, type MergedRow, type Row, referenceOf } from "./row.ts";
import { nameOf } from "./row-names.ts";

const BOOTSTRAP_SEED = 20_231_109;

/** Comparisons whose p-values were corrected together. */
export interface Family {
  readonly set: string;
  /** The field or fields that its rows sweep; absent where all rows of the set are one family. */
  readonly family?: string;
  readonly comparisons: number;
}

/** A row's comparison with its reference. */
export interface Compared {
  readonly comparison: Comparison;
  /** Name of the row compared with, if it is not the set's reference. */
  readonly with?: string;
}

/** Compares every row with its own reference or its set's, over the seeds that both have. */
export async function comparisons(
  merged: readonly MergedRow[],
  file: ExperimentFile,
  samples: number,
): Promise<{ readonly compared: ReadonlyMap<Row, Compared>; readonly families: readonly Family[] }> {
  const compared = new Map<Row, Compared>();
  const families: Family[] = [];
  for (const set of file.sets) {
    const own = merged.filter(({ row }) => row.key.set === set);
    const all = own.flatMap(({ row, others }) => [row, ...others]);
    const raw: {
      readonly row: Row;
      readonly families: readonly (string | undefined)[];
      readonly comparison: Omit<Comparison, "adjustedPValue">;
      readonly with?: string;
    }[] = [];
    for (const { row, others: names, reference: isReference } of own) {
      const named = comparedWith(row, all, file);
      const other = own.find(
        ({ row: one, others }) => named !== undefined && [one, ...others].includes(named),
      );
      if (other === undefined || other.row === row || isReference) continue;
      const seeds = [...row.outcomes.keys()].filter((seed) => other.row.outcomes.has(seed));
      const options = { seed: BOOTSTRAP_SEED, samples, clusters: other.row.clusters };
      const comparison = compareRows(
        rowOutcomes(other.row, seeds, file),
        rowOutcomes(row, seeds, file),
        options,
      );
      const against = other.reference ? {} : { with: nameOf(other.row.key) };
      const inFamilies = new Set([row, ...names].map((one) => familyOf(one, file)));
      if (comparison !== undefined) raw.push({ row, families: [...inFamilies], comparison, ...against });
      await setImmediate(); // allows a signal in between
    }
    const adjusted = new Map<Row, number>();
    for (const family of new Set(raw.flatMap((one) => one.families))) {
      const members = raw.filter((one) => one.families.includes(family));
      const values = holm(members.map(({ comparison }) => comparison.pValue));
      // A row with names in two families is corrected for the larger.
      for (const [i, { row }] of members.entries())
        adjusted.set(row, Math.max(adjusted.get(row) ?? 0, values[i] ?? 1));
      families.push({ set, ...(family === undefined ? {} : { family }), comparisons: members.length });
    }
    for (const { row, comparison, families: _, ...against } of raw) {
      compared.set(row, {
        comparison: { ...comparison, adjustedPValue: adjusted.get(row) ?? 1 },
        ...against,
      });
    }
  }
  return { compared, families };
}

/** Returns what a row is compared with: its variant's own reference, under the same condition if it is there, or the set's reference. */
function comparedWith({ key }: Row, rows: readonly Row[], file: ExperimentFile): Row | undefined {
  const { set, condition } = key;
  const own = file.variants.find(({ name }) => name === key.variant)?.reference;
  const alike = rows.find((row) => row.key.variant === own && row.key.condition === condition);
  return alike ?? referenceOf(set, rows, file, own);
}

function familyOf({ key }: Row, { variants }: ExperimentFile): string | undefined {
  return variants.find(({ name }) => name === key.variant)?.family;
}

function rowOutcomes(
  { outcomes, results }: Row,
  seeds: readonly number[],
  file: ExperimentFile,
): RowOutcomes {
  const result = results.values().next().value;
  const classes = result && classesOf(file, result);
  return {
    runs: seeds.flatMap((seed) => outcomes.get(seed) ?? []),
    classes,
  };
}
