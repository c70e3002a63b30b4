// One document that is made from the rows of a table with its text.

import { DataError } from "../../base/errors.ts";
import { type Defect, defect, leavingOut, quote } from "../defects.ts";
import type { Document, Entity, JsonObject, Relation, Span } from "../document.ts";
import { documentDefects, entityDefects } from "../document-defects.ts";
import { findMention } from "../mentions.ts";
import type { OffsetSurvey } from "../offset-survey.ts";
import { type OffsetUnit, offsetConverter } from "../offset-units.ts";
import { type PythonValue, parsePythonLiteral } from "../python-literal.ts";
import type { ParsedRow } from "../rows.ts";
import type { ColumnRole, TableMapping } from "./columns.ts";

/** A row of a table: its cells by column. */
export interface TableRow {
  readonly line: number;
  readonly lines: number;
  readonly cells: Readonly<Record<string, unknown>>;
}

/** The label of a mention without one, as in MNRE and WebNLG. */
const ENTITY_LABEL = "entity";

/** A mention in a row, as given. */
interface Mention {
  readonly words: string;
  readonly label: string;
  readonly start: string;
  readonly end: string;
}

/** How the rows of a table are read. */
export interface TableContext {
  readonly path: string;
  readonly mapping: TableMapping;
  readonly offsets: OffsetUnit;
  readonly survey: OffsetSurvey;
}

/** The text of a cell; lists and objects as JSON. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The cell of a role in a row, without white space around it. */
export function roleText({ cells }: TableRow, { columns }: TableMapping, role: ColumnRole): string {
  const column = columns[role];
  return column === undefined ? "" : cellText(cells[column]).trim();
}

/** A document in the making. */
export class TableDocument {
  readonly #context: TableContext;
  readonly #id: string;
  readonly #text: string;
  readonly #first: TableRow;
  readonly #entities: Entity[] = [];
  readonly #positions = new Map<string, number>();
  readonly #relations: Relation[] = [];
  readonly #defects: Defect[] = [];
  readonly #meta = new Map<string, unknown>();
  readonly #varying = new Set<string>();
  #image = "";
  #category = "";
  #lines = 0;
  #leftOut = { entities: 0, relations: 0 };

  constructor(context: TableContext, id: string, text: string, first: TableRow) {
    this.#context = context;
    this.#id = id;
    this.#text = text;
    this.#first = first;
  }

  get text(): string {
    return this.#text;
  }

  get place(): string {
    return `${this.#context.path}:${this.#first.line}`;
  }

  /** Columns whose cells differ between the rows of the document, so that `meta` cannot hold them. */
  get varying(): ReadonlySet<string> {
    return this.#varying;
  }

  /** Adds a row's annotations, or none of them and returns the defects for which the row is rejected. */
  add(row: TableRow, others: readonly string[]): readonly Defect[] {
    const place = `${this.#context.path}:${row.line}`;
    const mentions = this.#mentionsOf(row);
    const placed = mentions.map((mention) => this.#locate(mention, place));
    const faults = placed.flatMap(({ defects }) => defects.filter(({ severity }) => severity === "error"));
    const image = roleText(row, this.#context.mapping, "image");
    if (image !== "" && this.#image !== "" && image !== this.#image) {
      const message = `the picture is ${quote(image)}, but ${quote(this.#image)} in an earlier row of the same document`;
      faults.push(defect("data/conflicting-text", place, message, image));
    }
    const category = roleText(row, this.#context.mapping, "category");
    if (category !== "" && this.#category !== "" && category !== this.#category) {
      const message = `the category is ${quote(category)}, but ${quote(this.#category)} in an earlier row of the same document`;
      faults.push(defect("data/conflicting-text", place, message, category));
    }
    if (faults.length > 0) return faults;
    if (category !== "") this.#category = category;
    if (image !== "") this.#image = image;
    this.#lines += row.lines;
    this.#keep(row, others);
    const pair = this.#pairOf(row, place);
    const isPair = pair !== undefined;
    const positions = placed.map(({ spans, defects }, i) => {
      this.#defects.push(...defects);
      // Head and tail of the same words are two mentions, if the text has them twice.
      const [head] =
        isPair && i === 1 && mentions[0]?.words === mentions[1]?.words ? (placed[0]?.spans ?? []) : [];
      const span = spans.find((one) => one !== head && one.start !== head?.start) ?? spans[0];
      return span === undefined ? undefined : this.#entityAt(span, mentions[i]?.label ?? ENTITY_LABEL);
    });
    this.#leftOut.entities += positions.filter((position) => position === undefined).length;
    if (pair !== undefined) this.#relate(pair, positions, place);
    return [];
  }

  /** The document, or why there is none. */
  finish(): ParsedRow<Document> {
    const { entities, relations } = this.#leftOut;
    const meta: JsonObject = Object.fromEntries(
      [...this.#meta].filter(([name]) => !this.#varying.has(name)),
    ) as JsonObject; // cells are strings or JSON
    const document: Document = {
      id: this.#id,
      text: this.#text,
      ...(this.#image !== "" && { image: this.#image }),
      entities: this.#entities,
      relations: this.#relations,
      ...(this.#category !== "" && { category: { label: this.#category } }),
      ...(Object.keys(meta).length > 0 && { meta }),
    };
    // Each row was checked for its spans.
    const defects = documentDefects(document, this.place).filter(({ severity }) => severity === "error");
    return {
      line: this.#first.line,
      lines: this.#lines,
      value: document,
      defects: [...this.#defects, ...defects],
      found: {
        entities: this.#entities.length + entities,
        relations: this.#relations.length + relations,
      },
    };
  }

  /** The mentions of a row: head and tail, one mention, or lists of them. */
  #mentionsOf(row: TableRow): readonly Mention[] {
    const { mapping } = this.#context;
    const cell = (role: ColumnRole) => roleText(row, mapping, role);
    const one = (words: ColumnRole, label: ColumnRole, start: ColumnRole, end: ColumnRole): Mention[] => {
      const mention = {
        words: cell(words),
        label: cell(label) || ENTITY_LABEL,
        start: cell(start),
        end: cell(end),
      };
      return mention.words === "" && mention.start === "" && mention.end === "" ? [] : [mention];
    };
    return [
      ...one("head", "headLabel", "headStart", "headEnd"),
      ...one("tail", "tailLabel", "tailStart", "tailEnd"),
      ...one("mention", "label", "start", "end"),
      ...mapping.mentions.flatMap(({ label, column }) =>
        listed(row.cells[column], this.#text).map((words) => ({ words, label, start: "", end: "" })),
      ),
    ];
  }

  /** The relation of a row and whether it has a head and a tail. */
  #pairOf(row: TableRow, place: string): { readonly label: string; readonly hasBoth: boolean } | undefined {
    const { mapping } = this.#context;
    const label = roleText(row, mapping, "relation");
    if (label === "") return undefined;
    const given = (words: ColumnRole, start: ColumnRole) =>
      roleText(row, mapping, words) !== "" || roleText(row, mapping, start) !== "";
    const hasBoth = given("head", "headStart") && given("tail", "tailStart");
    if (!hasBoth) this.#missing(label, "its head or tail is empty", place);
    return { label, hasBoth };
  }

  #relate(
    { label, hasBoth }: { readonly label: string; readonly hasBoth: boolean },
    [head, tail]: readonly (number | undefined)[],
    place: string,
  ): void {
    if (!hasBoth) return;
    if (head === undefined || tail === undefined) this.#missing(label, "a mention was not found", place);
    else if (!this.#relations.some((one) => one.head === head && one.tail === tail && one.label === label))
      this.#relations.push({ head, tail, label });
  }

  #missing(label: string, why: string, place: string): void {
    const message = `the relation ${quote(label)} is left out: ${why}`;
    this.#defects.push(
      leavingOut(defect("data/relation-end-missing", place, message, label), { relations: 1 }),
    );
    this.#leftOut.relations++;
  }

  #locate(
    mention: Mention,
    place: string,
  ): { readonly spans: readonly Span[]; readonly defects: readonly Defect[] } {
    if (mention.start !== "" || mention.end !== "") return this.#given(mention, place);
    const { words } = mention;
    const { spans, isExact } = findMention(this.#text, words);
    const [first, ...others] = spans;
    if (first === undefined) {
      const message = `${quote(words)} does not occur in the text as whole words; it is left out`;
      const found = {
        ...defect("data/mention-not-found", place, message, words),
        severity: "warning" as const,
      };
      return { spans, defects: [leavingOut(found, { entities: 1 })] };
    }
    const defects: Defect[] = [];
    if (!isExact) {
      const message = `${quote(words)} is ${quote(this.#text.slice(first.start, first.end))} in the text`;
      defects.push(defect("data/mention-differs", place, message, words));
    }
    if (others.length > 0) {
      const message = `${quote(words)} occurs ${spans.length} times; the first occurrence is used`;
      defects.push(defect("data/ambiguous-mention", place, message, words));
    }
    return { spans, defects };
  }

  /** The span that a row states. */
  #given(
    mention: Mention,
    place: string,
  ): { readonly spans: readonly Span[]; readonly defects: readonly Defect[] } {
    const { offsets, survey } = this.#context;
    const [start, end] = [mention.start, mention.end].map(integerOf);
    if (start === undefined || end === undefined) {
      const message = `start is ${quote(mention.start)} and end is ${quote(mention.end)}, not two whole numbers`;
      return { spans: [], defects: [defect("data/wrong-type", place, message, mention)] };
    }
    const { words, label } = mention;
    survey.observe(this.#text, [{ start, end, ...(words !== "" && { text: words }) }], place);
    const convert = offsetConverter(this.#text, offsets);
    const [first, last] = [convert(start), convert(end)];
    if (first === undefined || last === undefined) {
      const message = `the span [${start}, ${end}) begins or ends inside a character if offsets count ${offsets} units`;
      return {
        spans: [],
        defects: [defect("data/span-splits-surrogate-pair", place, message, { start, end })],
      };
    }
    const span = { start: first, end: last };
    const defects = [...entityDefects([{ ...span, label }], this.#text, place)];
    const surface = this.#text.slice(first, last);
    if (words !== "" && surface !== words && !defects.some(({ severity }) => severity === "error")) {
      const message = `the mention is ${quote(words)}, but [${start}, ${end}) is ${quote(surface)}`;
      defects.push(defect("data/name-mismatch", place, message, { text: words, span: surface }));
    }
    return { spans: [span], defects };
  }

  /** The position of an entity, which is added unless it is there. */
  #entityAt(span: Span, label: string): number {
    const key = `${span.start} ${span.end} ${label}`;
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    this.#positions.set(key, this.#entities.length);
    this.#entities.push({ ...span, label });
    return this.#entities.length - 1;
  }

  /** Keeps the cells of columns without a role. */
  #keep({ cells }: TableRow, others: readonly string[]): void {
    for (const name of others) {
      const cell = cells[name];
      if (cell === undefined || cell === null || cell === "") continue;
      if (!this.#meta.has(name)) this.#meta.set(name, cell);
      else if (cellText(this.#meta.get(name)) !== cellText(cell)) this.#varying.add(name);
    }
  }
}

/** Whole numbers, which tables also write as 7.0. */
function integerOf(text: string): number | undefined {
  const digits = /^(-?\d{1,9})(?:\.0+)?$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The mentions in a cell: a list, or words divided by semicolons or bars. */
function listed(cell: unknown, text: string): readonly string[] {
  if (Array.isArray(cell)) return cell.map(cellText).filter((words) => words.trim() !== "");
  const whole = cellText(cell).trim();
  if (whole === "") return [];
  const literal = whole.startsWith("[") ? listLiteral(whole) : undefined;
  if (literal !== undefined) return literal;
  const parts = text.includes(whole) ? [whole] : whole.split(/[;|\n]/);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The strings of a list as JSON or Python writes it. */
function listLiteral(text: string): readonly string[] | undefined {
  let value: PythonValue;
  try {
    value = parsePythonLiteral(text, { jsonWords: true });
  } catch (error) {
    if (error instanceof DataError) return undefined; // words in brackets
    throw error;
  }
  const isStrings = Array.isArray(value) && value.every((item) => typeof item === "string");
  return isStrings ? (value as string[]).filter((words) => words.trim() !== "") : undefined;
}
