// Parses an external value into a document, or returns all its defects. `null` counts as absent.
import { z } from "zod";
import { fieldName, unknownField, VALUES_SHOWN } from "../base/schema-issues.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Category, Document, JsonObject } from "./document.ts";
import { documentDefects } from "./document-defects.ts";
import type { ExtraFields } from "./extra-fields.ts";
import { type IndexColumns, isIndexName } from "./index-columns.ts";
import type { IndexSurvey } from "./index-survey.ts";
import type { OffsetSurvey } from "./offset-survey.ts";
import {
  insideCharacter,
  isOffsetUnit,
  type OffsetUnit,
  offsetConverter,
  UNIT_NAMES,
} from "./offset-units.ts";
import type { Parsed } from "./rows.ts";

const labelFields = { label: z.string(), probability: z.number().optional() };

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The shape of a document; `parseDocument` checks what a shape cannot express. */
export const documentSchema = z.strictObject({
  id: z.string(),
  text: z.string(),
  image: z.string().optional(),
  entities: z.array(
    z.strictObject({ start: z.int(), end: z.int(), ...labelFields, text: z.string().optional() }),
  ),
  relations: z
    .array(
      z.strictObject({
        head: z.int(),
        tail: z.int(),
        ...labelFields,
        headText: z.string().optional(),
        tailText: z.string().optional(),
      }),
    )
    .optional(),
  category: z.union([z.string(), z.int(), z.strictObject(labelFields)], "expected one label").optional(),
  meta: z.custom<JsonObject>(isJsonObject, "must be an object").optional(),
});

export interface ParseDocumentOptions {
  /** Unit of the offsets in the value; default: what its `meta.offsets` says, or "utf-16". Offsets in the document always count UTF-16 code units. */
  readonly offsets?: OffsetUnit | undefined;
  /** Receives every span as in the file. */
  readonly survey?: OffsetSurvey | undefined;
  /** Receives the relations as in the file. */
  readonly indices?: IndexSurvey | undefined;
  /** Receives the names of fields with a table's row numbers. */
  readonly indexColumns?: IndexColumns | undefined;
  /** Keeps other unknown top-level fields in meta; without it they are defects. */
  readonly extra?: ExtraFields | undefined;
}

/**
 * Checks an external value and returns the document, with its keys in the order of the format, or all defects.
 * `relations` may be absent, and with a category `entities` too; `category` may be only the label. An entity may have a `text`, and a relation a `headText` and a `tailText`; they are compared with the document's text.
 *
 * @param place `file:line`, for the defects.
 */
export function parseDocument(
  value: unknown,
  place: string,
  options: ParseDocumentOptions = {},
): Parsed<Document> {
  const present = withoutAbsent(value, place, options);
  const sorted = isJsonObject(present)
    ? options.extra?.sort(present, documentSchema.shape, place)
    : undefined;
  if (sorted !== undefined && sorted.defects.length > 0) return { defects: sorted.defects };
  const given = sorted?.fields ?? present;
  const shape = documentSchema.safeParse(given, VALUES_SHOWN);
  if (!shape.success)
    return { defects: shape.error.issues.flatMap((issue) => issueDefects(issue, given, place)) };
  const { id, text, image, entities, relations = [], category, meta } = shape.data;
  const stated = isOffsetUnit(meta?.offsets) ? meta.offsets : undefined;
  const { offsets = stated ?? "utf-16" } = options;
  if (stated === undefined) options.survey?.observe(text, entities, place);
  options.indices?.observe(entities.length, relations, place);
  const defects: Defect[] = stated === undefined ? [] : statementDefects(stated, offsets, place);
  const convert = offsetConverter(text, offsets);
  const converted = (offset: number, name: string): number => {
    const found = convert(offset);
    if (found === undefined) defects.push(insideCharacter(offset, offsets, name, place));
    return found ?? offset;
  };
  const tokens = pairsOf(meta?.tokens)?.map((pair, i) =>
    pair.map((offset) => converted(offset, `meta.tokens[${i}]`)),
  );
  const document: Document = {
    id,
    text,
    ...(image !== undefined && { image }),
    entities: entities.map(({ start, end, label, probability }, i) => ({
      start: converted(start, `entities[${i}].start`),
      end: converted(end, `entities[${i}].end`),
      ...labelled({ label, probability }),
    })),
    relations: relations.map(({ head, tail, label, probability }) => ({
      head,
      tail,
      ...labelled({ label, probability }),
    })),
    ...(category !== undefined && {
      category: labelled(typeof category === "object" ? category : { label: String(category) }),
    }),
    ...(meta !== undefined && {
      meta: {
        ...meta,
        ...(tokens !== undefined && { tokens }),
        ...(stated !== undefined && { offsets: "utf-16" }),
      },
    }),
  };
  if (defects.length > 0) return { defects };
  defects.push(...documentDefects(document, place));
  for (const [i, { text: name }] of entities.entries())
    defects.push(...nameDefects(document, i, name, `entities[${i}].text`, place));
  for (const [i, { head, tail, headText, tailText }] of relations.entries()) {
    defects.push(...nameDefects(document, head, headText, `relations[${i}].headText`, place));
    defects.push(...nameDefects(document, tail, tailText, `relations[${i}].tailText`, place));
  }
  return defects.some(({ severity }) => severity === "error") ? { defects } : { value: document, defects };
}

/** A document that states its unit cannot be read in another. */
function statementDefects(stated: OffsetUnit, offsets: OffsetUnit, place: string): Defect[] {
  if (stated === offsets) return [];
  const message = `meta.offsets says that the offsets count ${UNIT_NAMES[stated]}, but they were to be read as ${UNIT_NAMES[offsets]}`;
  return [defect("data/offsets-differ", place, message, stated)];
}

/** Compares the given words of an entity, if there are any, with its span; `field` names them. */
function nameDefects(
  { text, entities }: Document,
  entity: number,
  name: string | undefined,
  field: string,
  place: string,
): Defect[] {
  const span = entities[entity];
  if (name === undefined || span === undefined) return []; // a relation's index outside the entities is a defect of its own
  const { start, end } = span;
  const surface = text.slice(start, end);
  if (surface === name) return [];
  const message = `${field} is ${quote(name)}, but [${start}, ${end}) is ${quote(surface)}`;
  return [defect("data/name-mismatch", place, message, { text: name, span: surface })];
}

/** The value without null fields, where null can only mean absent; `meta` is unchanged. */
function withoutAbsent(value: unknown, place: string, { indexColumns }: ParseDocumentOptions): unknown {
  if (!isJsonObject(value)) return value;
  const fields = withoutNulls(value);
  for (const name of Object.keys(fields)) {
    if (Object.hasOwn(documentSchema.shape, name)) continue;
    if (!isIndexName(name)) continue;
    indexColumns?.leaveOut(name, place);
    delete fields[name];
  }
  for (const name of ["entities", "relations"] as const) {
    const list = fields[name];
    if (Array.isArray(list))
      fields[name] = list.map((item) => (isJsonObject(item) ? withoutNulls(item) : item));
  }
  const { category, meta } = fields;
  if (isJsonObject(category)) fields.category = withoutNulls(category);
  if (category !== undefined) fields.entities ??= []; // a classified text needs no other annotation
  if (isJsonObject(meta) && meta.tokens === null) {
    const { tokens: _, ...rest } = meta;
    fields.meta = rest;
  }
  return fields;
}

/** An object without its null fields. */
export function withoutNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
}

function pairsOf(value: unknown): readonly (readonly number[])[] | undefined {
  const isPairs =
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.every((offset) => Number.isSafeInteger(offset)));
  return isPairs ? value : undefined;
}

/** A label and its probability, if any, in the order of the format. */
function labelled({
  label,
  probability,
}: {
  readonly label: string;
  readonly probability?: number | undefined;
}): Category {
  return { label, ...(probability !== undefined && { probability }) };
}

/** What to know of a field that a document may lack under a condition. */
const LACKING: Readonly<Record<string, string>> = {
  entities: " (only a document with a category needs none; [] says that there are none)",
};

/** The defects of a shape. */
function issueDefects(issue: z.core.$ZodIssue, root: unknown, place: string): readonly Defect[] {
  const name = fieldName(issue.path, "the document");
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(shapeAt(issue.path));
    return issue.keys.map((key) => {
      const what = key === "id" ? `unknown field "id"${POSITIONS}` : unknownField(key, known);
      const message = `${name}: ${what}`;
      return defect("data/unknown-field", place, message, key);
    });
  }
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown>)?.[key],
    root,
  );
  if (value === undefined && issue.path.length > 0)
    return [defect("data/missing-field", place, `${name} is missing${LACKING[name] ?? ""}`, undefined)];
  const isId = typeof value === "string" && /^relations\[\d+\]\.(?:head|tail)$/.test(name);
  return [defect("data/wrong-type", place, `${name}: ${issue.message}${isId ? POSITIONS : ""}`, value)];
}

const POSITIONS = "; head and tail of a relation are positions in entities, counted from 0";

/** The known fields of the document, an entity or a relation. */
function shapeAt([list]: readonly PropertyKey[]): object {
  const { shape } = documentSchema;
  if (list === "entities") return shape.entities.element.shape;
  return list === "relations" ? shape.relations.unwrap().element.shape : shape;
}
