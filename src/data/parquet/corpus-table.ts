// Reads tables of tokenised texts, such as the data sets of Hugging Face, with the readers of the same rows in JSON.
import { defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import { judgeRow, type RowOutcome, weighDefects } from "../rows.ts";
import { type CorpusKind, CorpusParser } from "../tokenised/corpus.ts";
import { dygie } from "../tokenised/dygie.ts";
import { spert } from "../tokenised/spert.ts";
import { tacred } from "../tokenised/tacred.ts";
import { tagged } from "../tokenised/tagged.ts";
import { labelNaming, type Naming, rowsOfColumns } from "./features.ts";
import type { ParquetFile, ParquetRow } from "./parquet-file.ts";
import { plainValue, sizeDefects, withPictureName } from "./values.ts";

type Row = Readonly<Record<string, unknown>>;

// biome-ignore lint/suspicious/noExplicitAny: each kind parses its own rows
const KINDS: readonly CorpusKind<any>[] = [tacred, dygie, spert, tagged];

/** The kind of corpus in a table, judged by its first row; undefined for a table of documents or of posts. */
export async function corpusOf(
  file: ParquetFile,
  { tagsField }: ReadDocumentsOptions,
  // biome-ignore lint/suspicious/noExplicitAny: as above
): Promise<CorpusKind<any> | undefined> {
  if (tagsField !== undefined) return tagged;
  if (!file.listColumns.some((name) => LISTS.includes(name))) return undefined;
  const naming = labelNaming(file.keyValue("huggingface"));
  for await (const { rows } of file.groups(file.columns)) {
    const [first] = rows;
    if (first !== undefined) return KINDS.find((kind) => kind.recognises(plainRow(first, naming)));
  }
  return undefined;
}

/** A table has one of these columns if it has tokens. */
const LISTS: readonly string[] = ["tokens", "token", "words", "sentences"];

/** Reads the rows of a table as documents. Cells of lists of structs, numbers of labels and pictures are made what JSON would have. */
export async function* readCorpusTable<Kind>(
  file: ParquetFile,
  path: string,
  kind: CorpusKind<Kind>,
  options: ReadDocumentsOptions,
): AsyncGenerator<RowOutcome<Document>> {
  const { signal, maxLineBytes = MAX_CELL_BYTES } = options;
  const naming = labelNaming(file.keyValue("huggingface"));
  const parser = new CorpusParser(path, kind.open(path, options), options);
  const columns = file.columns.filter((name) => !file.indexColumns.includes(name));
  if (parser.observes) {
    for await (const { rows } of file.groups(columns, signal)) {
      for (const row of rows) parser.observe(plainRow(row, naming));
    }
  }
  yield* parser.notes();
  const bytesLeft = new Set<string>();
  for await (const { first, rows } of file.groups(columns, signal)) {
    for (const [i, cells] of rows.entries()) {
      const line = first + i + 1;
      const place = `${path}:${line}`;
      const { row, defects } = await withPictureName(cells, place, options);
      const plain = plainRow(row, naming);
      const faults = [
        ...defects,
        ...Object.entries(plain).flatMap(([name, value]) => sizeDefects(name, value, place, maxLineBytes)),
      ];
      const parsed =
        faults.length > 0 ? parser.skip(faults) : parser.parse(withoutBytes(plain, bytesLeft), place);
      yield judgeRow({ line, lines: 1 }, parsed, (document) => parser.compare(document, place), options);
    }
  }
  const ends = [...parser.end()];
  if (bytesLeft.size > 0) {
    const message = `columns of bytes are left out: ${[...bytesLeft].map(quote).join(", ")}`;
    ends.push(defect("data/unread-field", path, message));
  }
  if (ends.length > 0) yield { kind: "file", defects: weighDefects(ends, options) };
}

const MAX_CELL_BYTES = 32 * 1024 * 1024;

function plainRow(row: ParquetRow, naming: ReadonlyMap<string, Naming>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]) => {
      const plain = plainValue(cell);
      const named = naming.get(name);
      return [name, rowsOfColumns(named === undefined ? plain : named(plain))];
    }),
  );
}

/** The row without cells that JSON cannot hold, whose names are collected. */
function withoutBytes(row: Row, left: Set<string>): Row {
  return Object.fromEntries(
    Object.entries(row).filter(([name, value]) => {
      if (!holdsBytes(value)) return true;
      left.add(name);
      return false;
    }),
  );
}

function holdsBytes(value: unknown): boolean {
  if (value instanceof Uint8Array || typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null || value instanceof Date) return false;
  return Object.values(value).some(holdsBytes);
}
