// What the corpora of tokenised texts share: a row's schema and its document, read from JSON lines, a JSON list or a table.
import { basename, extname } from "node:path";
import { z } from "zod";
import { fieldName, VALUES_SHOWN } from "../../base/schema-issues.ts";
import { type Defect, defect } from "../defects.ts";
import type { Document, JsonObject } from "../document.ts";
import { checkLabels, SeenIds } from "../document-checks.ts";
import type { DocumentFormat, FormatOption, ReadDocumentsOptions } from "../document-format.ts";
import { parseJsonLine } from "../jsonl.ts";
import { NoneNames } from "../none-label.ts";
import { withOwnFields } from "../own-fields.ts";
import { type Parsed, type RowOutcome, readRows, weighDefects } from "../rows.ts";

/** The rows of one file, as a kind of corpus reads them. */
export interface CorpusRows<Row> {
  readonly schema: z.ZodType<Row>;
  /** Looks at every row of the file before the first is read, where they show how to read them. */
  readonly observe?: ((row: Row) => void) | undefined;
  /** What was found by looking; once for the file. */
  readonly notes?: (() => readonly Defect[]) | undefined;
  /** @param id of a row without one: the file's name without extension, a hyphen and the row's index */
  readonly toDocument: (row: Row, id: string, place: string) => Parsed<Document>;
}

/** A kind of corpus. Its rows may come from JSON or from a table. */
export interface CorpusKind<Row> {
  readonly name: string;
  readonly description: string;
  readonly options: readonly FormatOption[];
  /** Whether a value is a row of it. */
  recognises(row: Readonly<Record<string, unknown>>): boolean;
  open(path: string, options: ReadDocumentsOptions): CorpusRows<Row>;
}

const MAX_ROW_BYTES = 32 * 1024 * 1024; // a row may be a whole document with its parses

/** A kind of corpus in JSON, as a format. */
export function jsonFormat<Row>(kind: CorpusKind<Row>): DocumentFormat {
  const { name, description, options } = kind;
  return {
    name,
    description,
    options,
    recognises: ({ values: [first] }) => isRow(first) && kind.recognises(first),
    read: (path, given = {}) => readJson(path, kind.open(path, given), given),
  };
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function* readJson<Row>(
  path: string,
  rows: CorpusRows<Row>,
  options: ReadDocumentsOptions,
): AsyncGenerator<RowOutcome<Document>> {
  const parser = new CorpusParser(path, rows, options);
  const form = { form: "json", lists: true, maxRowBytes: MAX_ROW_BYTES } as const;

  if (parser.observes) {
    const looking = readRows<never>(
      path,
      {
        ...form,
        parse(text, place) {
          const json = parseJsonLine(text, place);
          if (json.defects.length === 0) parser.observe(json.value);
          return [];
        },
      },
      { signal: options.signal, maxLineBytes: options.maxLineBytes },
    );
    for await (const _ of looking); // faults are reported by the second reading
  }
  yield* parser.notes();
  yield* readRows(
    path,
    {
      ...form,
      parse(text, place) {
        const json = parseJsonLine(text, place);
        return json.defects.length > 0 ? parser.skip(json.defects) : parser.parse(json.value, place);
      },
      compare: (document, place) => parser.compare(document, place),
      end: () => parser.end(),
    },
    options,
  );
}

/** Parses the rows of a file one after another. Labels that name no relation, such as "no_relation", become "None". */
export class CorpusParser<Row> {
  readonly #rows: CorpusRows<Row>;
  readonly #options: ReadDocumentsOptions;
  readonly #stem: string;
  readonly #ids = new SeenIds();
  readonly #names: NoneNames;
  #index = 0;

  constructor(path: string, rows: CorpusRows<Row>, options: ReadDocumentsOptions) {
    this.#rows = rows;
    this.#options = options;
    this.#stem = basename(path, extname(path));
    this.#names = new NoneNames(path, options.noneLabel);
  }

  /** Whether every row must be observed before the first is parsed. */
  get observes(): boolean {
    return this.#rows.observe !== undefined;
  }

  observe(value: unknown): void {
    const row = this.#rows.schema.safeParse(value);
    if (row.success) this.#rows.observe?.(row.data);
  }

  *notes(): Generator<RowOutcome<Document>> {
    const defects = this.#rows.notes?.() ?? [];
    if (defects.length > 0) yield { kind: "file", defects: weighDefects(defects, this.#options) };
  }

  /** A row that cannot be read as a value. */
  skip(defects: readonly Defect[]): Parsed<Document> {
    this.#index++;
    return { defects };
  }

  parse(value: unknown, place: string): Parsed<Document> {
    const id = `${this.#stem}-${this.#index++}`;
    const row = this.#rows.schema.safeParse(value, VALUES_SHOWN);
    if (!row.success) {
      return {
        defects: row.error.issues.map((issue) => {
          const name = fieldName(issue.path, "the row");
          const given = valueAt(value, issue.path);
          return given === undefined && issue.path.length > 0
            ? defect("data/missing-field", place, `${name} is missing`)
            : defect("data/wrong-type", place, `${name}: ${issue.message}`, given);
        }),
      };
    }
    const parsed = this.#rows.toDocument(row.data, id, place);
    const document = parsed.value && withOwnFields(parsed.value);
    return {
      ...parsed,
      ...checkLabels({ ...parsed, value: this.#names.rename(document) }, this.#options, place),
    };
  }

  compare(document: Document, place: string): readonly Defect[] {
    return this.#ids.compare(document, place);
  }

  end(): readonly Defect[] {
    return this.#names.defects();
  }
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
}

/** The fields of a row that are not in a schema, for `meta`. */
export function otherFields(row: object, known: z.ZodObject): JsonObject {
  const others = Object.entries(row).filter(
    ([name, value]) => !Object.hasOwn(known.shape, name) && value !== null,
  );
  return Object.fromEntries(others) as JsonObject; // rows are JSON
}

/** An id that may be a number. */
export const rowId = z.union([z.string(), z.int()]).transform(String);
