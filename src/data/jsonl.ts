// Reads and writes relata's own format, one document per line as JSON: a streaming reader and an atomic writer.

import { defect, defectError, quote } from "./defects.ts";
import type { Document, DocumentId } from "./document.ts";
import { checkLabels, SeenIds } from "./document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { withExactId } from "./exact-ids.ts";
import { ExtraFields } from "./extra-fields.ts";
import { writeAtomically } from "./file-sink.ts";
import { IndexColumns } from "./index-columns.ts";
import { IndexSurvey } from "./index-survey.ts";
import { jsonFault, MAX_JSON_DEPTH } from "./json-scan.ts";
import { MAX_LINE_BYTES } from "./lines.ts";
import { withMentionTexts } from "./mention-texts.ts";
import { OffsetSurvey } from "./offset-survey.ts";
import { documentIn, type OffsetUnit } from "./offset-units.ts";
import { parseDocument } from "./parse-document.ts";
import { type Parsed, type RowOutcome, type RowParser, readRows } from "./rows.ts";

/** Parses one JSON value per line, or returns all faults of the line. */
export function parseJsonLine(line: string, place: string): Parsed<unknown> {
  const text = line.replace(/^\ufeff+/, ""); // a file that was saved twice has two marks
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { defects: [defect("data/not-json", place, `${error.message}${hintOf(text)}`, quote(text))] };
  }
  const fault = jsonFault(text);
  if (fault?.kind === "duplicate-key") {
    const message = `the key ${quote(fault.key)} occurs twice in the same object`;
    return { defects: [defect("data/duplicate-key", place, message, fault.key)] };
  }
  if (fault?.kind === "too-deep") {
    const message = `values are nested more than ${MAX_JSON_DEPTH} levels deep`;
    return { defects: [defect("data/too-deep", place, message, fault.depth)] };
  }
  return { value, defects: [] };
}

/** Guesses the format of a line that is not JSON. */
function hintOf(text: string): string {
  const line = text.trim();
  if (/^\{\s*'/.test(line)) return "; it looks like a Python dict (MNRE has the format mnre)";
  if (/^[{[]$/.test(line)) return "; a value must not span several lines (jq -c . writes each on one)";
  if (/[}\]],$/.test(line)) return "; the line ends in a comma";
  if (/[:,[]\s*(?:NaN|-?Infinity)\s*[,}\]]/.test(line))
    return "; NaN and Infinity are not JSON: write null for a missing value, as DataFrame.to_json does (json.dumps writes NaN)";
  if (/\}\s*\ufeff?\s*\{/.test(line)) return "; two values seem to be on the same line";
  return /[^\P{Cc}\t\n\r]/u.test(text) ? "; it contains control characters" : "";
}

/**
 * Reads the documents of a JSONL file, row by row.
 *
 * @throws DataError `data/cannot-read`; under "strict" also the code of the first defect of severity "error".
 */
export function readJsonl(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  return readRows(path, documentParser(path, options), options);
}

function documentParser(path: string, options: ReadDocumentsOptions): RowParser<Document> {
  const { offsets } = options;
  const ids = new SeenIds();
  const survey = new OffsetSurvey(path, offsets ?? "utf-16");
  const indices = new IndexSurvey(path);
  const extra = new ExtraFields();
  const indexColumns = new IndexColumns(path);
  return {
    form: "json",
    parse(text, place) {
      const json = parseJsonLine(text, place);
      if (json.defects.length > 0) return { defects: json.defects };
      const parsed = parseDocument(withExactId(json.value, text), place, {
        offsets,
        survey,
        indices,
        extra,
        indexColumns,
      });
      return checkLabels(parsed, options, place);
    },
    compare: (document, place) => ids.compare(document, place),
    end: () => [...indexColumns.defects(), ...survey.defects(), ...indices.defects(), ...extra.defects()],
  };
}

/** relata's own format, for the registry. */
export const relataFormat: DocumentFormat = {
  name: "relata",
  description: "one document per line as JSON",
  offsets: "utf-16",
  read: readJsonl,
};

/** The document, with its keys in the order of the format. @throws DataError with a defect's code if it is invalid. */
export function validDocument(document: Document): Document {
  const parsed = parseDocument(document, `document ${quote(document.id)}`);
  const fatal = parsed.defects.find(({ severity }) => severity === "error");
  if (fatal) throw defectError(fatal);
  return parsed.value!; // without an error there is a value
}

/** How documents are written. */
export interface WriteDocumentsOptions {
  /** Whether each entity also gets its `text`, and each relation its `headText` and `tailText`; default false. */
  readonly mentionTexts?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A document as one line of JSON, without line end.
 *
 * @param offsets what the offsets of the line count; `meta.offsets` then says so
 * @throws DataError with a defect's code if the document is invalid, so that all written documents can be read.
 */
export function formatDocument(
  document: Document,
  { mentionTexts = false, offsets = "utf-16" }: Omit<WriteDocumentsOptions, "signal"> = {},
): string {
  const valid = validDocument(document);
  const line = JSON.stringify(documentIn(mentionTexts ? withMentionTexts(valid) : valid, offsets));
  const again = parseJsonLine(line, `document ${quote(document.id)}`); // meta may nest too deep
  if (again.defects[0]) throw defectError(again.defects[0]);
  return line;
}

/** Counts the documents of a writer, and refuses duplicate ids, as every reader would. */
export class WrittenIds {
  readonly #ids = new Set<DocumentId>();

  get size(): number {
    return this.#ids.size;
  }

  /** @throws DataError `data/duplicate-id`. */
  add({ id }: Document): void {
    if (this.#ids.has(id)) {
      throw defectError(
        defect(
          "data/duplicate-id",
          `document ${quote(id)}`,
          "another document with this id was already written",
          id,
        ),
      );
    }
    this.#ids.add(id);
  }
}

/** How documents are written. */
export interface WriteDocumentsOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the offsets in the file count; default "utf-16". In another unit every document says so in `meta.offsets`. */
  readonly offsets?: OffsetUnit | undefined;
}

/**
 * Writes documents as JSONL atomically: the file appears complete or not at all.
 *
 * @returns the number of documents.
 * @throws DataError `data/cannot-write`, `data/duplicate-id`, `data/line-too-long`, or the code of an invalid document's defect.
 */
export function writeJsonl(
  path: string,
  documents: Iterable<Document> | AsyncIterable<Document>,
  options: WriteDocumentsOptions = {},
): Promise<number> {
  return writeAtomically(path, async (file) => {
    const ids = new WrittenIds();
    for await (const document of documents) {
      options.signal?.throwIfAborted();
      const line = formatDocument(document, options);
      ids.add(document);
      const bytes = Buffer.byteLength(line);
      if (bytes > MAX_LINE_BYTES) {
        const message = `its line has ${bytes} bytes; the limit is ${MAX_LINE_BYTES}`;
        throw defectError(defect("data/line-too-long", `document ${quote(document.id)}`, message, bytes));
      }
      await file.text(`${line}\n`);
    }
    return ids.size;
  });
}
