// The rows of a table that are read by what their columns are, and the documents that they make.
import { basename, extname } from "node:path";
import { DataError } from "../../base/errors.ts";
import { comparableText } from "../comparable-text.ts";
import { type Defect, defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import { checkLabels, SeenIds } from "../document-checks.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import { isIndexName } from "../index-columns.ts";
import { NoneNames } from "../none-label.ts";
import { OffsetSurvey } from "../offset-survey.ts";
import type { ParsedRow } from "../rows.ts";
import { UnreadFields } from "../unread-fields.ts";
import { mapColumns, type TableMapping } from "./columns.ts";
import { roleText, type TableContext, TableDocument, type TableRow } from "./table-document.ts";

/** All rows of a table, and the documents that they make. */
export class Table {
  readonly #path: string;
  readonly #options: ReadDocumentsOptions;
  readonly #mapping: TableMapping;
  readonly #context: TableContext;
  readonly #rows: TableRow[] = [];
  readonly #ids = new SeenIds();
  readonly #none: NoneNames;
  readonly #varying = new UnreadFields();
  #numbersRows = false;

  constructor(path: string, names: readonly string[], options: ReadDocumentsOptions) {
    const { columns = {}, entityColumns, textField, imageField, offsets = "utf-16" } = options;
    const named = {
      ...(textField !== undefined && { text: textField }),
      ...(imageField !== undefined && { image: imageField }),
      ...columns,
    };
    this.#path = path;
    this.#options = options;
    this.#mapping = mapColumns(names, { columns: named, entityColumns }, path);
    this.#context = { path, mapping: this.#mapping, offsets, survey: new OffsetSurvey(path, offsets) };
    this.#none = new NoneNames(path, options.noneLabel);
  }

  add(row: TableRow): void {
    this.#rows.push(row);
  }

  compare(document: Document, place: string): readonly Defect[] {
    return this.#ids.compare(document, place);
  }

  /** The documents of the rows, and the rows that are rejected. */
  *rows(): Generator<ParsedRow<Document>> {
    const roles = new Set([
      ...Object.values(this.#mapping.columns),
      ...this.#mapping.mentions.map(({ column }) => column),
    ]);
    this.#requireCategories();
    const names = new Set(this.#rows.flatMap(({ cells }) => Object.keys(cells)));
    const others = [...names].filter((name) => !roles.has(name) && !isIndexName(name));
    const cell = (row: TableRow, role: "id" | "text" | "image") => roleText(row, this.#mapping, role);
    this.#numbersRows = this.#idsNumberRows();
    const stem = basename(this.#path, extname(this.#path));
    const documents = new Map<string, TableDocument>();
    for (const row of this.#rows) {
      const { line, lines } = row;
      const place = `${this.#path}:${line}`;
      const text = cell(row, "text");
      const id = cell(row, "id");
      const byText = id === "" || this.#numbersRows;
      const key = byText ? `text ${text}\n${cell(row, "image")}` : `id ${id}`;
      let document = documents.get(key);
      const fault =
        text === ""
          ? defect("data/empty-text", place, "the row has no text", text)
          : document !== undefined && document.text !== text
            ? defect(
                "data/conflicting-text",
                place,
                `the text of ${quote(id)} is not the one at ${document.place}`,
                text,
              )
            : undefined;
      if (fault === undefined) {
        document ??= new TableDocument(this.#context, id || `${stem}-${documents.size}`, text, row);
        const faults = document.add(row, others);
        if (faults.length === 0) {
          documents.set(key, document);
          continue;
        }
        yield { line, lines, defects: faults, found: foundIn(row, this.#mapping) };
      } else yield { line, lines, defects: [fault], found: foundIn(row, this.#mapping) };
    }
    for (const document of documents.values()) {
      for (const name of document.varying) this.#varying.add(name);
      const parsed = document.finish();
      const value = this.#none.rename(parsed.value);
      yield { ...parsed, ...checkLabels({ ...parsed, value }, this.#options, document.place) };
    }
  }

  /** A guessed category must be one: Label Studio's CSV has the spans of a text in such a column. @throws DataError `data/bad-columns` */
  #requireCategories(): void {
    const { columns, guessed } = this.#mapping;
    if (columns.category === undefined || !guessed.includes("category")) return;
    const odd = this.#rows.find((row) => /^\s*[[{]\s*["{[]/.test(roleText(row, this.#mapping, "category")));
    if (odd === undefined) return;
    throw new DataError({
      code: "data/bad-columns",
      message: `column ${quote(columns.category)} of ${this.#path} holds JSON, which is not the category of a text`,
      place: `${this.#path}:${odd.line}`,
      value: roleText(odd, this.#mapping, "category"),
      remedy:
        "If the table is Label Studio's, export JSON or JSON-MIN instead. Otherwise name what the columns are: --columns role=column (docs/importing.md).",
    });
  }

  /** What was decided for the whole file. */
  notes(): readonly Defect[] {
    const { columns, guessed } = this.#mapping;
    const varying = this.#varying.describe();
    const shown = guessed.map((role) => `${role}=${columns[role]}`).join(" ");
    const { head, tail, mention, start, category } = columns;
    const isBare =
      this.#mapping.mentions.length === 0 &&
      [head, tail, mention, start, category].every((column) => column === undefined);
    const bare =
      "no column has mentions, so there are no entities: name it with --columns or --entity-columns";
    return [
      ...(guessed.length > 0
        ? [
            defect(
              "data/guessed-columns",
              this.#path,
              `columns were guessed from their names: ${shown}`,
              columns,
            ),
          ]
        : []),
      ...(isBare ? [defect("data/no-mention-columns", this.#path, bare)] : []),
      ...(this.#numbersRows
        ? [
            defect(
              "data/row-ids",
              this.#path,
              `${quote(columns.id)} numbers the rows, not the texts: rows with the same text are one document`,
            ),
          ]
        : []),
      ...(varying === undefined
        ? []
        : [
            defect(
              "data/unread-field",
              this.#path,
              `columns that differ between the rows of a document are not kept: ${varying}`,
            ),
          ]),
      ...this.#context.survey.defects(),
      ...this.#none.defects(),
    ];
  }

  /** Whether every row has an id of its own although texts are repeated, in a table of mentions or relations. */
  #idsNumberRows(): boolean {
    const { head, tail, mention, start } = this.#mapping.columns;
    if (head === undefined && tail === undefined && mention === undefined && start === undefined)
      return false;
    const ids = this.#rows.map((row) => roleText(row, this.#mapping, "id"));
    if (ids.includes("") || new Set(ids).size < ids.length) return false;
    const texts = this.#rows.map((row) => comparableText(roleText(row, this.#mapping, "text")));
    return new Set(texts).size < texts.length;
  }
}

/** The annotations of a row that is rejected. */
function foundIn(row: TableRow, mapping: TableMapping) {
  const has = (role: "head" | "tail" | "mention" | "relation") =>
    roleText(row, mapping, role) === "" ? 0 : 1;
  return { entities: has("head") + has("tail") + has("mention"), relations: has("relation") };
}
