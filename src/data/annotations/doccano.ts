// Reads doccano's JSONL: a text per line with its spans as lists or as objects with relations.
import { basename, extname } from "node:path";
import { type Fields, isFields } from "../../base/fields.ts";
import { defect, leavingOut, quote } from "../defects.ts";
import type { Category, Document } from "../document.ts";
import { SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { withExactId } from "../exact-ids.ts";
import { parseJsonLine } from "../jsonl.ts";
import { ownFieldsOf } from "../own-fields.ts";
import { type Parsed, type RowOutcome, readRows } from "../rows.ts";
import { AnnotationCollector } from "./annotation-set.ts";
import { readOf } from "./annotators.ts";
import { MentionUnits } from "./mention-units.ts";
import { imageFieldOf, imageNameOf, otherFields } from "./task-fields.ts";
import { MAX_TASK_BYTES, taskRows } from "./task-rows.ts";
import { UnitChoice } from "./unit-choice.ts";

/** doccano's JSONL. It counts UTF-16 code units, but files made elsewhere may count code points: the spans decide. */
export const doccanoFormat: DocumentFormat = {
  name: "doccano",
  description: "doccano's JSONL, with or without relations",
  offsets: "utf-16",
  options: ["textField", "imageField"],
  recognises: ({ values }) => {
    const given = values.filter(isFields);
    if (given.length > 0 && given.every((row) => "text" in row && isClasses(row.label))) return true;
    const rows = given.map((row) => spansOf(row));
    return (
      rows.some((spans) => spans !== undefined && spans.length > 0) &&
      rows.every((spans) => spans !== undefined)
    );
  },
  read: readDoccano,
};

/** The fields that may hold a row's spans, in the order in which they are looked for. */
const SPAN_FIELDS = ["entities", "label", "labels", "annotations"] as const;
const OWN_FIELDS: ReadonlySet<string> = new Set([...SPAN_FIELDS, "id", "relations", "cats"]);

/** A row's spans in one of doccano's three forms; undefined if it has none of them. */
function spansOf(row: Fields): readonly unknown[] | undefined {
  if (Array.isArray(row.entities))
    return row.entities.every((one) => isFields(one) && "start_offset" in one) ? row.entities : undefined;
  for (const list of [row.label, row.labels]) {
    if (Array.isArray(list) && list.every((one) => Array.isArray(one) && one.length === 3)) return list;
  }
  const old = row.annotations;
  return Array.isArray(old) && old.every((one) => isFields(one) && "start_offset" in one) ? old : undefined;
}

async function* readDoccano(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const choice = options.offsets === undefined ? await chooseUnit(path, options) : undefined;
  const unit = options.offsets ?? choice?.unit ?? "utf-16";
  const units = new MentionUnits(path, unit, unit);
  const prefix = basename(path, extname(path));
  const ids = new SeenIds();
  let rows = 0;
  yield* readRows<Document>(
    path,
    {
      form: "json",
      lists: true,
      maxRowBytes: MAX_TASK_BYTES,
      parse: (text, place) => parseRow(text, `${prefix}-${++rows}`, place, options, units),
      compare: (document, place) => ids.compare(document, place),
      end: () => choice?.defects(path) ?? [],
    },
    options,
  );
}

/** Reads the file once for the unit of its offsets. */
async function chooseUnit(
  path: string,
  { signal, textField = "text" }: ReadDocumentsOptions,
): Promise<UnitChoice> {
  const choice = new UnitChoice();
  const rows = readRows<never>(
    path,
    {
      form: "json",
      lists: true,
      maxRowBytes: MAX_TASK_BYTES,
      parse(text, place) {
        const { value } = parseJsonLine(text, place);
        const given = isFields(value) ? value[textField] : undefined;
        if (isFields(value) && typeof given === "string" && ownFieldsOf(value)?.offsets === undefined)
          choice.observe(
            given,
            (spansOf(value) ?? []).flatMap((span) => partsOf(span) ?? []),
          );
        return [];
      },
    },
    { signal },
  );
  for await (const _ of rows);
  return choice;
}

interface SpanParts {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly id: string | undefined;
}

/** A span of any form; undefined if it is broken. */
function partsOf(span: unknown): SpanParts | undefined {
  const [start, end, label, id] = Array.isArray(span)
    ? span
    : isFields(span)
      ? [span.start_offset, span.end_offset, span.label, span.id]
      : [];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return undefined;
  if (typeof label !== "string" && typeof label !== "number") return undefined;
  return { start, end, label: `${label}`, id: id === undefined || id === null ? undefined : `${id}` };
}

function parseRow(
  json: string,
  defaultId: string,
  place: string,
  options: ReadDocumentsOptions,
  units: MentionUnits,
): Parsed<Document> | readonly Parsed<Document>[] {
  const parsed = parseJsonLine(json, place);
  if (parsed.defects.length > 0) return { defects: parsed.defects };
  const row = withExactId(parsed.value, json);
  if (!isFields(row)) return { defects: [defect("data/wrong-type", place, "the row is not an object", row)] };
  const { textField = "text", imageField = imageFieldOf(withoutOwn(row)) } = options;
  const text = row[textField];
  const collector = new AnnotationCollector(place);
  const used = collect(row, collector, place);
  const id = row.id === undefined || row.id === null ? defaultId : `${row.id}`;
  const set = collector.set({ annotator: "doccano", changed: "", trusted: false });
  if (typeof text !== "string" || text.trim() === "") {
    const message = `the row has no text in ${quote(textField)}: left out`;
    const why = defect("data/task-without-text", place, message);
    return { leftOut: true, found: set.found, defects: [...set.defects, leavingOut(why, readOf(set))] };
  }
  const name = imageField === undefined || imageField === textField ? undefined : row[imageField];
  const image = typeof name === "string" && name.trim() !== "" ? imageNameOf(name) : undefined;
  const classes = isClasses(row.label) ? "label" : "cats";
  const category = categoryOf(row[classes]);
  const meta = otherFields(row, ["id", textField, image && imageField, category && classes, ...used]);
  const filled = Object.entries(meta).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  const task = { id, text, image, category, meta: Object.fromEntries(filled) };
  return taskRows(
    task,
    [set],
    { found: { entities: 0, relations: 0 }, defects: [] },
    { place, options, units },
  );
}

/** Collects the annotations of a row; the names of its fields that hold them. */
function collect(row: Fields, collector: AnnotationCollector, place: string): readonly string[] {
  const spans = spansOf(row);
  if (spans === undefined) {
    const broken = SPAN_FIELDS.find((name) => isBroken(name, row[name]));
    if (broken === undefined) return [];
    const value = row[broken];
    const message = `${broken} is not a list of [start, end, label] or of {start_offset, end_offset, label}`;
    const count = Array.isArray(value) ? value.length : 1;
    collector.unread({ entities: count }, defect("data/wrong-type", place, message, value));
    return [broken];
  }
  for (const [i, span] of spans.entries()) {
    const parts = partsOf(span);
    if (parts === undefined) {
      const message = `span ${i + 1} has no integer start and end, or no label`;
      collector.unread({ entities: 1 }, defect("data/wrong-type", place, message, span));
    } else
      collector.region(parts.id ?? `number ${i + 1}`, {
        ...parts,
        labels: parts.label === "" ? [] : [parts.label],
      });
  }
  if (!Array.isArray(row.entities)) return [nameOf(row, spans)];
  const { relations = [] } = row;
  if (!Array.isArray(relations) && relations !== null) collector.unreadRelation(relations);
  for (const relation of Array.isArray(relations) ? relations : []) {
    if (!isFields(relation)) {
      collector.unreadRelation(relation);
      continue;
    }
    const { from_id: from, to_id: to, type } = relation;
    collector.arrow({
      from: `${from}`,
      to: `${to}`,
      labels: typeof type === "string" && type !== "" ? [type] : [],
    });
  }
  return ["entities", "relations"];
}

/** Whether a field that may hold spans holds something else. Labels of whole texts are texts, and stay. */
function isBroken(name: (typeof SPAN_FIELDS)[number], value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (name === "entities") return !Array.isArray(value) || value.length > 0;
  return Array.isArray(value) ? value.some(isObject) : isObject(value);
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;

/** The other fields of a row: a field that doccano fills itself never names the picture. */
function withoutOwn(row: Fields): Fields {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !OWN_FIELDS.has(name)));
}

function nameOf(row: Fields, spans: readonly unknown[]): string {
  return ["label", "labels", "annotations"].find((name) => row[name] === spans) ?? "label";
}

/** Whether a field has the classes of a text, as in doccano's projects of classification. */
function isClasses(label: unknown): label is readonly string[] {
  return Array.isArray(label) && label.length > 0 && label.every((one) => typeof one === "string");
}

/** The category of a row of doccano's classification or intent detection, if it has one. */
function categoryOf(cats: unknown): Category | undefined {
  if (!Array.isArray(cats) || cats.length !== 1) return undefined;
  const [label]: readonly unknown[] = cats;
  return typeof label === "string" && label !== "" ? { label } : undefined;
}
