// A task of Label Studio: its text, its picture, and what one annotation of it holds.
import { type Fields, isFields } from "../../base/fields.ts";
import { type Defect, defect, leavingOut, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import type { Parsed } from "../rows.ts";
import { AnnotationCollector, type AnnotationSet } from "./annotation-set.ts";
import { sum } from "./annotators.ts";
import { collectResult } from "./label-studio-result.ts";
import type { MentionUnits } from "./mention-units.ts";
import { imageFieldOf, imageNameOf, otherFields, textFieldOf } from "./task-fields.ts";
import { type Task, taskRows, type Unused } from "./task-rows.ts";

/** A task as in the file. */
export interface GivenTask {
  readonly id: string;
  readonly data: Fields;
  readonly place: string;
}

interface FileContext {
  readonly options: ReadDocumentsOptions;
  readonly units: MentionUnits;
}

/** The rows of a task with its annotations. */
export function rowOf(
  given: GivenTask,
  sets: readonly AnnotationSet[],
  unused: Unused,
  context: FileContext,
): readonly Parsed<Document>[] {
  const task = taskOf(given, sets, context);
  if (!("fault" in task)) return taskRows(task, sets, unused, { ...context, place: given.place });
  const own = sum(sets.map(({ found }) => found));
  const found = sum([own, unused.found]);
  const leftOut = task.fault.severity === "warning";
  return [
    { leftOut, found, defects: [...unused.defects, leftOut ? leavingOut(task.fault, own) : task.fault] },
  ];
}

/** The task with its text and picture, or why it has none. */
function taskOf(
  { id, data, place }: GivenTask,
  sets: readonly AnnotationSet[],
  { options: { textField, imageField }, units }: FileContext,
): Task | { readonly fault: Defect } {
  const image = imageField ?? imageFieldOf(data);
  const field =
    textField ??
    textFieldOf(
      data,
      sets.flatMap(({ entities }) => entities),
      units,
    );
  const text = field === undefined ? undefined : data[field];
  const strings = Object.entries(data).filter(([name, value]) => typeof value === "string" && name !== image);
  if (typeof text !== "string" || text.trim() === "") {
    const names = strings.map(([name]) => name).join(", ");
    const where = textField === undefined ? "" : ` in ${quote(textField)}`;
    const fault =
      textField === undefined && strings.length > 1
        ? defect(
            "data/missing-field",
            place,
            `several fields may be the text (${names}): name one with --text-field`,
          )
        : defect("data/task-without-text", place, `the task has no text${where}: left out`);
    return { fault };
  }
  const name = image === undefined ? undefined : data[image];
  return {
    id,
    text,
    image: typeof name === "string" && name.trim() !== "" ? imageNameOf(name) : undefined,
    meta: otherFields(data, [field, typeof name === "string" ? image : undefined]),
  };
}

/** The set of one annotation. */
export function setOf(annotation: Fields, place: string, isPrediction = false): AnnotationSet {
  const { completed_by: by, ground_truth: trusted } = annotation;
  const collector = new AnnotationCollector(place);
  const meta = collectResult(annotation.result, collector, place, isPrediction);
  return collector.set({
    annotator: isPrediction ? String(annotation.model_version ?? "a model") : annotatorOf(by, annotation.id),
    changed: changedOf(annotation),
    trusted: trusted === true,
    meta,
  });
}

/** When an annotation was changed last. */
export function changedOf({ updated_at: updated, created_at: created }: Fields): string | number {
  for (const time of [updated, created])
    if (typeof time === "string" || typeof time === "number") return time;
  return "";
}

/** Who made an annotation: a number, or a user with an address. */
export function annotatorOf(by: unknown, id: unknown): string {
  if (isFields(by)) return String(by.email ?? by.username ?? by.id ?? "unknown");
  if (typeof by === "string" || typeof by === "number") return `${by}`;
  return `annotation ${String(id ?? "without an id")}`;
}
