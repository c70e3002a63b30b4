// Writes documents as Parquet for pandas, Polars, DuckDB and Arrow: entities and relations as lists of structs, the category as a struct, meta as JSON.
import type { SchemaElement } from "hyparquet";
import { defectError } from "../defects.ts";
import type { Document } from "../document.ts";
import { writeAtomically } from "../file-sink.ts";
import { parseJsonLine, validDocument, type WriteDocumentsOptions, WrittenIds } from "../jsonl.ts";
import { withMentionTexts } from "../mention-texts.ts";
import { documentIn, type OffsetUnit } from "../offset-units.ts";
import { openRowGroups } from "./row-groups.ts";

const GROUP_ROWS = 10_000; // readers keep one row group in memory
const GROUP_CHARACTERS = 32 * 1024 * 1024;

const required = { repetition_type: "REQUIRED" } as const;
const optional = { repetition_type: "OPTIONAL" } as const;
const string = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } } as const;

/** The three levels of a Parquet list, and the fields of its structs: two numbers, texts of mentions, label and probability. */
function listOf(name: string, numbers: readonly [string, string], texts: readonly string[]): SchemaElement[] {
  const fields = numbers.length + texts.length + 2;
  return [
    { name, ...required, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...required, num_children: fields },
    ...numbers.map((field) => ({ name: field, type: "INT32", ...required }) as const),
    ...texts.map((field) => ({ name: field, ...string, ...required })),
    { name: "label", ...string, ...required },
    { name: "probability", type: "DOUBLE", ...optional },
  ];
}

function schemaOf(mentionTexts: boolean): SchemaElement[] {
  return [
    { name: "root", num_children: 7 },
    { name: "id", ...string, ...required },
    { name: "text", ...string, ...required },
    { name: "image", ...string, ...optional },
    ...listOf("entities", ["start", "end"], mentionTexts ? ["text"] : []),
    ...listOf("relations", ["head", "tail"], mentionTexts ? ["headText", "tailText"] : []),
    { name: "category", ...optional, num_children: 2 },
    { name: "label", ...string, ...required },
    { name: "probability", type: "DOUBLE", ...optional },
    { name: "meta", ...string, ...optional },
  ];
}
const COLUMNS = ["id", "text", "image", "entities", "relations", "category", "meta"] as const;
type Row = Record<(typeof COLUMNS)[number], unknown>;

/**
 * Writes documents as Parquet (snappy) atomically, with one row group of at most 10,000 documents in memory.
 *
 * @returns the number of documents.
 * @throws DataError `data/cannot-write`, `data/duplicate-id`, or the code of an invalid document's defect.
 */
export function writeParquetDocuments(
  path: string,
  documents: Iterable<Document> | AsyncIterable<Document>,
  { mentionTexts = false, offsets = "utf-16", signal }: WriteDocumentsOptions = {},
): Promise<number> {
  return writeAtomically(path, async (file) => {
    const ids = new WrittenIds();
    const groups = await openRowGroups({
      schema: schemaOf(mentionTexts),
      columns: COLUMNS,
      maxRows: GROUP_ROWS,
      maxWeight: GROUP_CHARACTERS,
      write: (bytes) => file.bytes(bytes),
    });
    for await (const document of documents) {
      signal?.throwIfAborted();
      const row = rowOf(document, mentionTexts, offsets);
      ids.add(document);
      await groups.add(row, document.text.length + String(row.meta ?? "").length);
    }
    await groups.finish();
    return ids.size;
  });
}

/** The values of a document's columns. @throws DataError with a defect's code if it is invalid. */
function rowOf(document: Document, mentionTexts: boolean, offsets: OffsetUnit): Row {
  const valid = validDocument(document);
  const written = documentIn(mentionTexts ? withMentionTexts(valid) : valid, offsets);
  const { id, text, image, entities, relations, category, meta } = written;
  if (meta === undefined) return { id, text, image, entities, relations, category, meta };
  const json = JSON.stringify(meta);
  const again = parseJsonLine(json, `document ${id}`); // meta may nest too deep
  if (again.defects[0]) throw defectError(again.defects[0]);
  return { id, text, image, entities, relations, category, meta: json };
}
