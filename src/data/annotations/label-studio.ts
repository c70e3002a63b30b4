// Reads Label Studio's JSON export: tasks with the annotations of one or more people.
import { basename, extname } from "node:path";
import { counted } from "../../base/counted.ts";
import { type Fields, isFields } from "../../base/fields.ts";
import { type Defect, defect, leavingOut, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import { SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { parseJsonLine } from "../jsonl.ts";
import { type Parsed, type RowParser, readRows } from "../rows.ts";
import type { AnnotationSet } from "./annotation-set.ts";
import { shown, sum } from "./annotators.ts";
import { isMinTask, MinTasks } from "./label-studio-min.ts";
import { type GivenTask, rowOf, setOf } from "./label-studio-task.ts";
import { MentionUnits } from "./mention-units.ts";
import { MAX_TASK_BYTES, type Unused } from "./task-rows.ts";

/**
 * Label Studio's exports JSON and JSON-MIN. Offsets count code points, as since version 1.4; where a region states its text and only
 * UTF-16 fits it, UTF-16.
 */
export const labelStudioFormat: DocumentFormat = {
  name: "label-studio",
  description: "Label Studio's exports JSON and JSON-MIN",
  offsets: "code-point",
  options: ["annotators", "textField", "imageField"],
  recognises: ({ values: [first] }) => isTask(first) || isMinTask(first),
  read: (path, options = {}) => readRows(path, new LabelStudioParser(path, options), options),
};

function isTask(value: unknown): value is Fields {
  return isFields(value) && isFields(value.data) && annotationsOf(value) !== undefined;
}

/** The annotations of a task; old versions call them completions. */
function annotationsOf({ annotations, completions }: Fields): unknown {
  return annotations ?? completions;
}

class LabelStudioParser implements RowParser<Document> {
  readonly form = "json";
  readonly lists = true;
  readonly maxRowBytes = MAX_TASK_BYTES;
  readonly #prefix: string;
  readonly #options: ReadDocumentsOptions;
  readonly #units: MentionUnits;
  readonly #ids = new SeenIds();
  readonly #minTasks: MinTasks;
  #rows = 0;

  constructor(path: string, options: ReadDocumentsOptions) {
    this.#prefix = basename(path, extname(path));
    this.#options = options;
    this.#units = new MentionUnits(path, "code-point", options.offsets);
    this.#minTasks = new MinTasks({ options, units: this.#units, prefix: this.#prefix });
  }

  parse(text: string, place: string, line: number): readonly Parsed<Document>[] {
    this.#rows++;
    const json = parseJsonLine(text, place);
    if (json.defects.length > 0) return [json as Parsed<Document>];
    const { value } = json;
    const here = isFields(value) && isId(value.id) ? `${place} (task ${value.id})` : place; // a list is often one line
    if (isMinTask(value)) {
      this.#minTasks.add(value, here, line);
      return [];
    }
    if (!isFields(value) || !isFields(value.data)) {
      return [{ defects: [defect("data/wrong-type", place, "the task has no object named data", value)] }];
    }
    const annotations = annotationsOf(value) ?? [];
    if (!Array.isArray(annotations) || !annotations.every(isFields)) {
      return [
        { defects: [defect("data/wrong-type", place, "annotations is not a list of objects", annotations)] },
      ];
    }
    const id = isId(value.id) ? `${value.id}` : `${this.#prefix}-${this.#rows}`;
    return this.#task({ id, data: value.data, place: here }, value, annotations);
  }

  #task(given: GivenTask, task: Fields, annotations: readonly Fields[]): readonly Parsed<Document>[] {
    const { place } = given;
    const sets: AnnotationSet[] = [];
    const cancelled: AnnotationSet[] = [];
    for (const annotation of annotations) {
      const set = setOf(annotation, place);
      (isCancelled(annotation) ? cancelled : sets).push(set);
    }
    const predictions = Array.isArray(task.predictions) ? task.predictions.filter(isFields) : [];
    if (this.#options.annotators === "predictions" && predictions.length > 0) {
      const others = [...sets, ...cancelled];
      const read = predictions.map((prediction) => setOf(prediction, place, true));
      return rowOf(given, read, replacedBy(others, place), { options: this.#options, units: this.#units });
    }
    const unused: Unused = {
      found: sum(cancelled.map(({ found }) => found)),
      defects: [
        ...cancelled.map((set) => cancelledDefect(set, place)),
        ...predictionDefects(predictions.length, place),
      ],
    };
    return rowOf(given, sets, unused, { options: this.#options, units: this.#units });
  }

  compare(document: Document, place: string): readonly Defect[] {
    return this.#ids.compare(document, place);
  }

  rest() {
    return this.#minTasks.rows();
  }

  end(): readonly Defect[] {
    return this.#units.defects();
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function isCancelled({ was_cancelled: cancelled, skipped }: Fields): boolean {
  return cancelled === true || skipped === true;
}

function cancelledDefect(set: AnnotationSet, place: string): Defect {
  const message = `${quote(set.annotator)} skipped the task: this annotation (${shown(set.found)}) is left out`;
  return leavingOut(defect("data/cancelled-annotation", place, message), set.found);
}

/** Annotations of people that are not read because a model's prediction is. */
function replacedBy(sets: readonly AnnotationSet[], place: string): Unused {
  const found = sum(sets.map((set) => set.found));
  if (sets.length === 0) return { found, defects: [] };
  const message = `the predictions of a model are read: ${counted(sets.length, "annotation")} (${shown(found)}) left out`;
  return { found, defects: [leavingOut(defect("data/other-annotators", place, message), found)] };
}

function predictionDefects(predictions: number, place: string): Defect[] {
  if (predictions === 0) return [];
  const message = `${counted(predictions, "prediction")} of a model ${predictions === 1 ? "is" : "are"} not used`;
  return [defect("data/predictions-unused", place, message, predictions)];
}
