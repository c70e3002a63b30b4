// Reads Prodigy's JSONL (db-out): answers to tasks, with spans, and relations between tokens or spans.
import { basename, extname } from "node:path";
import { type Fields, isFields } from "../../base/fields.ts";
import { type Defect, defect, leavingOut, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import { SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { withExactId } from "../exact-ids.ts";
import { parseJsonLine } from "../jsonl.ts";
import { type OffsetUnit, offsetConverter } from "../offset-units.ts";
import { type Parsed, type ParsedRow, type RowParser, readRows } from "../rows.ts";
import type { AnnotationSet } from "./annotation-set.ts";
import { readOf, shown, sum } from "./annotators.ts";
import { MentionUnits } from "./mention-units.ts";
import { prodigySet } from "./prodigy-spans.ts";
import { imageNameOf, otherFields } from "./task-fields.ts";
import { MAX_TASK_BYTES, type Task, taskRows } from "./task-rows.ts";

/** Prodigy's JSONL. Offsets count code points, as in Python. */
export const prodigyFormat: DocumentFormat = {
  name: "prodigy",
  description: "Prodigy's JSONL of db-out: answers with spans and relations",
  offsets: "code-point",
  options: ["annotators", "textField", "imageField"],
  recognises: ({ values: [first] }) =>
    isFields(first) && ("_input_hash" in first || "_task_hash" in first || hasProdigySpans(first)),
  read: (path, options = {}) => readRows(path, new ProdigyParser(path, options), options),
};

/** Rows that were written for Prodigy have no answer yet. */
function hasProdigySpans({ text, spans, answer, entities }: Fields): boolean {
  if (typeof text !== "string" || !Array.isArray(spans) || entities !== undefined) return false;
  if (answer !== undefined) return ["accept", "reject", "ignore"].includes(String(answer));
  return spans.length > 0 && spans.every((span) => isFields(span) && "start" in span && "label" in span);
}

/** The rows about one text. */
interface Group {
  readonly task: Task;
  readonly place: string;
  readonly line: number;
  lines: number;
  readonly sets: AnnotationSet[];
  readonly unused: { found: AnnotationSet["found"]; readonly defects: Defect[] };
}

class ProdigyParser implements RowParser<Document> {
  readonly form = "json";
  readonly lists = true;
  readonly maxRowBytes = MAX_TASK_BYTES;
  readonly #prefix: string;
  readonly #options: ReadDocumentsOptions;
  readonly #units: MentionUnits;
  readonly #ids = new SeenIds();
  #rows = 0;
  readonly #groups = new Map<string, Group>();

  constructor(path: string, options: ReadDocumentsOptions) {
    this.#prefix = basename(path, extname(path));
    this.#options = options;
    this.#units = new MentionUnits(path, "code-point", options.offsets);
  }

  /** Keeps a row until all are read, because rows of several annotators about one text need not follow each other. */
  parse(json: string, place: string, line: number): readonly Parsed<Document>[] {
    this.#rows++;
    const parsed = parseJsonLine(json, place);
    if (parsed.defects.length > 0) return [{ defects: parsed.defects }];
    const row = withExactId(parsed.value, json);
    if (!isFields(row))
      return [{ defects: [defect("data/wrong-type", place, "the row is not an object", row)] }];
    const set = prodigySet(row, annotatorOf(row, this.#rows), place);
    const text = row[this.#options.textField ?? "text"];
    if (typeof text !== "string" || text.trim() === "") {
      const why = defect("data/task-without-text", place, "the task has no text: left out");
      return [{ leftOut: true, found: set.found, defects: [...set.defects, leavingOut(why, readOf(set))] }];
    }
    this.#add(row, text, set, place, line);
    return [];
  }

  #add(row: Fields, text: string, set: AnnotationSet, place: string, line: number): void {
    const key = row._input_hash === undefined ? `row ${this.#rows}` : `${row._input_hash} ${text}`;
    const known = this.#groups.get(key);
    const group = known ?? {
      task: this.#task(row, text),
      ...{ place, line, lines: 0, sets: [] },
      unused: { found: { entities: 0, relations: 0 }, defects: [...pictureNotes(row, this.#options, place)] },
    };
    this.#groups.set(key, group);
    group.lines++;
    const answer = row.answer ?? "accept";
    if (answer === "accept") {
      group.sets.push(set);
      return;
    }
    const message = `the answer of ${quote(set.annotator)} is ${quote(answer)}: this annotation (${shown(set.found)}) is left out`;
    group.unused.defects.push(leavingOut(defect("data/cancelled-annotation", place, message), set.found));
    group.unused.found = sum([group.unused.found, set.found]);
  }

  #task(row: Fields, text: string): Task {
    const { id, meta, image, tokens } = row;
    const field = this.#options.imageField;
    const picture = field === undefined ? image : (row[field] ?? (isFields(meta) ? meta[field] : undefined));
    const known = [this.#options.textField ?? "text", field, "id", "meta", "image", "tokens", ...READ];
    const words = tokenOffsets(tokens, text, this.#options.offsets ?? "code-point");
    return {
      id: typeof id === "string" || typeof id === "number" ? `${id}` : `${this.#prefix}-${this.#rows}`,
      text,
      image: typeof picture === "string" && isName(picture) ? imageNameOf(picture) : undefined,
      meta: {
        ...otherFields(row, [...known, ...Object.keys(row).filter((name) => name.startsWith("_"))]),
        ...(isFields(meta) && otherFields(meta, [])),
        ...(words && { tokens: words }),
      },
    };
  }

  *rest(): Generator<ParsedRow<Document>> {
    for (const { task, place, line, lines, sets, unused } of this.#groups.values()) {
      const rows = taskRows(task, sets, unused, { place, options: this.#options, units: this.#units });
      for (const [i, row] of rows.entries()) yield { ...row, line, lines: i === 0 ? lines : 0 };
    }
  }

  compare(document: Document, place: string): readonly Defect[] {
    return this.#ids.compare(document, place);
  }

  end(): readonly Defect[] {
    return this.#units.defects();
  }
}

/** Fields with annotations, and those that say how a task is shown. */
const READ = ["spans", "relations", "answer", "html", "config", "options", "arcs", "width", "height", "path"];

function annotatorOf(row: Fields, number: number): string {
  const { _annotator_id: annotator, _session_id: session } = row;
  return String(annotator ?? session ?? `row ${number}`);
}

/** Prodigy can put pictures themselves in the file, as data URIs. */
function isName(picture: string): boolean {
  return picture.trim() !== "" && !picture.startsWith("data:");
}

function pictureNotes(
  { image }: Fields,
  { imageField }: ReadDocumentsOptions,
  place: string,
): readonly Defect[] {
  if (imageField !== undefined || typeof image !== "string" || isName(image)) return [];
  const message = "the picture is in the file itself, not named: it is not read";
  return [defect("data/embedded-picture", place, message)];
}

/** The offsets of tokens, in UTF-16; undefined if they are not those of Prodigy. */
function tokenOffsets(tokens: unknown, text: string, unit: OffsetUnit): number[][] | undefined {
  if (!Array.isArray(tokens) || tokens.length === 0) return undefined;
  const convert = offsetConverter(text, unit);
  const offsets = tokens.map((token) =>
    isFields(token)
      ? [token.start, token.end].map((one) => (typeof one === "number" ? convert(one) : undefined))
      : [],
  );
  const isWhole = (pair: readonly (number | undefined)[]): pair is number[] =>
    pair.length === 2 && pair.every((one) => one !== undefined);
  const filled = offsets.filter((pair) => pair[0] !== pair[1] && text.slice(pair[0], pair[1]).trim() !== "");
  return filled.every(isWhole) ? filled : undefined;
}
