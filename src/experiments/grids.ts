// Arranges the rows of a sweep as tables: two crossed fields as rows and columns, or one field's values against the evaluation sets.
import type { ResultRow } from "./results.ts";
import { shownValue } from "./sweep/variant-names.ts";

/** Scores by two things that vary. */
export interface Grid {
  /** What is scored, and what is the same in all cells. */
  readonly title: string;
  /** The field whose values are the rows. */
  readonly field: string;
  /** The field whose values are the columns, or "set". */
  readonly across: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** By row and column; undefined without a score. */
  readonly cells: readonly (readonly (ResultRow | undefined)[])[];
}

/** What a row says with one of its names. */
interface Named {
  readonly row: ResultRow;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly set: string;
}

/** Returns the grids of crossed fields, one for each set, or else a table of values by set where there are several sets. */
export function gridsOf(rows: readonly ResultRow[]): readonly Grid[] {
  const named = rows
    .filter(({ condition, runs }) => condition === undefined && runs.length > 0)
    .flatMap((row): Named[] =>
      [row, ...(row.identical ?? [])].flatMap(({ settings }) =>
        settings === undefined ? [] : [{ row, settings, set: row.set }],
      ),
    );
  const crossed = named.filter(({ settings }) => Object.keys(settings).length > 1);
  return crossed.length > 0 ? crossedGrids(crossed) : setGrids(named);
}

/** The first two fields of each set as rows and columns; a grid for every combination of the others. */
function crossedGrids(named: readonly Named[]): Grid[] {
  const [field = "", across = "", ...others] = Object.keys(named[0]?.settings ?? {});
  const sets = distinct(named.map(({ set }) => set));
  return sets.flatMap((set) => {
    const own = named.filter((one) => one.set === set);
    const rest = ({ settings }: Named) =>
      others.map((other) => `, ${other} ${shownValue(settings[other])}`).join("");
    return distinct(own.map(rest)).map((same) =>
      gridOf(
        own.filter((one) => rest(one) === same),
        { title: `${field} by ${across} on ${set}${same}`, field, across },
        ({ settings }) => settings[across],
      ),
    );
  });
}

/** The values of each field on every set; a value that is not trained on a data set has no score there. */
function setGrids(named: readonly Named[]): Grid[] {
  if (distinct(named.map(({ set }) => set)).length < 2) return [];
  return distinct(named.flatMap(({ settings }) => Object.keys(settings))).map((field) =>
    gridOf(
      named.filter(({ settings }) => field in settings),
      { title: `${field} by evaluation set`, field, across: "set" },
      ({ set }) => set,
    ),
  );
}

function gridOf(
  named: readonly Named[],
  { title, field, across }: Pick<Grid, "title" | "field" | "across">,
  columnOf: (one: Named) => unknown,
): Grid {
  const rows = axisOf(named.map(({ settings }) => settings[field]));
  const columns = axisOf(named.map(columnOf));
  const cellAt = (value: string, column: string) =>
    named.find((one) => keyOf(one.settings[field]) === value && keyOf(columnOf(one)) === column)?.row;
  return {
    title,
    field,
    across,
    rows: rows.map(({ name }) => name),
    columns: columns.map(({ name }) => name),
    cells: rows.map(({ key }) => columns.map((column) => cellAt(key, column.key))),
  };
}

const keyOf = (value: unknown) => JSON.stringify(value ?? null);

/** The different values: numbers in ascending order, others in the order of the rows; a whole path where its last part is not enough. */
function axisOf(values: readonly unknown[]): readonly { readonly key: string; readonly name: string }[] {
  const sorted = values.every((value) => typeof value === "number")
    ? [...values].sort((a, b) => Number(a) - Number(b))
    : values;
  const different = [...new Map(sorted.map((value) => [keyOf(value), value]))];
  const names = different.map(([, value]) => shownValue(value));
  return different.map(([key, value], i) => {
    const name = names[i] ?? key;
    return { key, name: names.filter((other) => other === name).length > 1 ? String(value) : name };
  });
}

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
