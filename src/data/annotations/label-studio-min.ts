// Reads Label Studio's JSON-MIN: the fields of a task with one annotation's regions beside them; a task annotated twice is there twice.
import { type Fields, isFields } from "../../base/fields.ts";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import type { Parsed, ParsedRow } from "../rows.ts";
import { AnnotationCollector, type AnnotationSet } from "./annotation-set.ts";
import { collectItem } from "./label-studio-result.ts";
import { annotatorOf, changedOf, rowOf } from "./label-studio-task.ts";
import type { MentionUnits } from "./mention-units.ts";

/** Fields that the export adds to those of the task. */
const ADDED = ["id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"];

/** Whether an element is of JSON-MIN. */
export function isMinTask(value: unknown): value is Fields {
  return isFields(value) && "annotation_id" in value && "annotator" in value && !("data" in value);
}

interface Group {
  readonly id: string;
  readonly data: Fields;
  readonly place: string;
  readonly line: number;
  lines: number;
  readonly sets: AnnotationSet[];
}

/** Gathers the elements of each task. */
export class MinTasks {
  readonly #options: ReadDocumentsOptions;
  readonly #units: MentionUnits;
  readonly #prefix: string;
  readonly #groups = new Map<string, Group>();

  constructor(context: {
    readonly options: ReadDocumentsOptions;
    readonly units: MentionUnits;
    readonly prefix: string;
  }) {
    this.#options = context.options;
    this.#units = context.units;
    this.#prefix = context.prefix;
  }

  /** Keeps an element until all are read. */
  add(element: Fields, place: string, line: number): void {
    const collector = new AnnotationCollector(place);
    const own = Object.entries(element).filter(([name, value]) => !ADDED.includes(name) && isRegions(value));
    for (const [name, value] of own) {
      for (const [i, region] of (value as readonly Fields[]).entries())
        collectItem({ id: `${name} ${i + 1}`, type: "labels", value: region }, collector, place);
    }
    const names = [...ADDED, ...own.map(([name]) => name)];
    const data = Object.fromEntries(Object.entries(element).filter(([name]) => !names.includes(name)));
    const id = String(element.id ?? `${this.#prefix}-${this.#groups.size + 1}`);
    const set = collector.set({
      annotator: annotatorOf(element.annotator, element.annotation_id),
      changed: changedOf(element),
      trusted: false,
    });
    const group = this.#groups.get(id) ?? { id, data, place, line, lines: 0, sets: [] };
    group.lines++;
    if (element.annotation_id !== null) group.sets.push(set); // a task that nobody annotated has null
    this.#groups.set(id, group);
  }

  /** The rows of all tasks. */
  *rows(): Generator<ParsedRow<Document>> {
    const context = { options: this.#options, units: this.#units };
    const none = { found: { entities: 0, relations: 0 }, defects: [] };
    for (const { id, data, place, line, lines, sets: given } of this.#groups.values()) {
      const sets = given.toSorted((a, b) => (a.changed < b.changed ? -1 : a.changed > b.changed ? 1 : 0)); // the export begins with the newest
      const rows: readonly Parsed<Document>[] = rowOf({ id, data, place }, sets, none, context);
      for (const [i, row] of rows.entries()) yield { ...row, line, lines: i === 0 ? lines : 0 };
    }
  }
}

/** Whether a field holds labelled spans. */
function isRegions(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => isFields(one) && "start" in one && "end" in one)
  );
}
