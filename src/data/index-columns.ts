// Recognises columns of row numbers, which tables keep when they are filtered, shuffled or read from CSV.
import { counted } from "../base/counted.ts";
import { type Defect, defect, quote } from "./defects.ts";

/** Names of unnamed row-number columns in pandas, Dask and `read_csv`. */
const INDEX_NAME = /^(?:__index_level_\d+__|__null_dask_index__|Unnamed: \d+(?:\.\d+)?)$/;

/** Whether a field or column has a usual name of row numbers. */
export function isIndexName(name: string): boolean {
  return INDEX_NAME.test(name);
}

/** The names of a table's index, from pandas metadata in a Parquet file; none if it is absent or in another form. */
export function pandasIndexColumns(metadata: string | undefined): readonly string[] {
  if (metadata === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(metadata);
  } catch (error) {
    // Metadata of other programs is ignored; columns are then recognised by name.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  const names = (value as { readonly index_columns?: unknown } | null)?.index_columns;
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === "string") : [];
}

/** Counts ignored index columns, for one note per file and column. */
export class IndexColumns {
  readonly #path: string;
  readonly #rows = new Map<string, { rows: number; readonly place: string }>();

  constructor(path: string) {
    this.#path = path;
  }

  leaveOut(name: string, place: string): void {
    const found = this.#rows.get(name);
    if (found) found.rows++;
    else this.#rows.set(name, { rows: 1, place });
  }

  defects(): readonly Defect[] {
    return [...this.#rows].map(([name, { rows, place }]) => {
      const message = `${quote(name)} of ${this.#path} contains a table's row numbers; it is left out of ${counted(rows, "row")}`;
      return defect("data/index-column", place, message, name);
    });
  }
}
