// Columns that hold nothing of a document: the row numbers that tables carry along when they are filtered, shuffled or read from CSV.
import { counted } from "../base/counted.ts";
import { type Defect, defect, quote } from "./defects.ts";

/** What pandas, Dask and `read_csv` call a column of row numbers that has no name. */
const INDEX_NAME = /^(?:__index_level_\d+__|__null_dask_index__|Unnamed: \d+(?:\.\d+)?)$/;

/** Whether a field or column is called as tables call their row numbers. */
export function isIndexName(name: string): boolean {
  return INDEX_NAME.test(name);
}

/** The names of a table's index, from the metadata that pandas puts into a Parquet file; without them, or with others' words, none. */
export function pandasIndexColumns(metadata: string | undefined): readonly string[] {
  if (metadata === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(metadata);
  } catch (error) {
    // What other programs say of the table decides nothing else: its columns are judged by their names then.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  const names = (value as { readonly index_columns?: unknown } | null)?.index_columns;
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === "string") : [];
}

/** Counts the index columns that were left out, for one note per file and column. */
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
