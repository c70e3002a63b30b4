// Describes the contents and faults of a data file, for `relata validate` and `relata convert`.
import { DEFECTS, type DefectCode } from "../base/codes/data-defects.ts";
import { counted } from "../base/counted.ts";
import { StringIndex } from "../base/string-index.ts";
import type { Document } from "../data/document.ts";
import { countsAlike, UNIT_NAMES } from "../data/offset-units.ts";
import type { ReadReport } from "../data/report.ts";
import type { Output } from "./output.ts";
import { formatTable } from "./table.ts";

/** The contents of one file's documents. */
export interface FileContents {
  readonly entities: number;
  /** Entities by label. */
  readonly entityLabels: Readonly<Record<string, number>>;
  /** Relations by label. */
  readonly relations: Readonly<Record<string, number>>;
  /** Documents by category. */
  readonly categories: Readonly<Record<string, number>>;
  /** Distinct names of pictures. */
  readonly pictures: number;
  /** Documents whose text the other units of offsets count otherwise than UTF-16 code units. */
  readonly countedOtherwise: { readonly codePoint: number; readonly utf8: number };
}

/** Counts the contents of documents, one by one. */
export class ContentsCounter {
  readonly #entityLabels = new Map<string, number>();
  readonly #relations = new Map<string, number>();
  readonly #categories = new Map<string, number>();
  readonly #pictures = new StringIndex();

  #codePoint = 0;
  #utf8 = 0;

  add({ text, entities, relations, category, image }: Document): void {
    if (!countsAlike(text, "code-point")) this.#codePoint++;
    if (!countsAlike(text, "utf-8")) this.#utf8++;
    for (const { label } of entities) count(this.#entityLabels, label);
    for (const { label } of relations) count(this.#relations, label);
    if (category !== undefined) count(this.#categories, category.label);
    if (image !== undefined) this.#pictures.add(image);
  }

  /** The names of pictures, each once. */
  *pictures(): Generator<string> {
    for (let i = 0; i < this.#pictures.size; i++) yield this.#pictures.at(i);
  }

  contents(): FileContents {
    return {
      entities: sum(this.#entityLabels.values()),
      entityLabels: Object.fromEntries(this.#entityLabels),
      relations: Object.fromEntries(this.#relations),
      categories: Object.fromEntries(this.#categories),
      pictures: this.#pictures.size,
      countedOtherwise: { codePoint: this.#codePoint, utf8: this.#utf8 },
    };
  }
}

function count(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Tells whether a file cannot be used as it is. */
export function hasError(report: ReadReport): boolean {
  return report.rejected > 0 || report.defects.some((one) => one.severity === "error");
}

/**
 * Returns the description of one file.
 *
 * @param pictures text after the number of pictures.
 * @param pairs text about pairs without a relation.
 * @param limit maximum number of defects to list for each code.
 */
export function describeFile(
  report: ReadReport,
  contents: FileContents,
  {
    pictures = "",
    pairs = [],
    remedies = false,
    limit,
    output,
  }: {
    readonly pictures?: string;
    readonly pairs?: readonly string[];
    /** Whether to say what to do about each kind of defect. */
    readonly remedies?: boolean;
    readonly limit: number;
    readonly output: Output;
  },
): string {
  const marks =
    report.marks > 0 ? `, ${counted(report.marks, "header or divider", "headers or dividers")}` : "";
  const inLines = report.rowLines === report.read ? "" : ` (in ${counted(report.rowLines, "line")})`;
  const leftOut = report.leftOut > 0 ? `, ${report.leftOut} left out` : "";
  const lines = [
    output.style("bold", report.source),
    ...describeGuess(report).map((line) => `  ${line}`),
    `  ${counted(report.lines, "line")}: ${counted(report.accepted, "row")} accepted, ${report.rejected} rejected${leftOut}${inLines}, ${report.blank} blank${marks}`,
    `  ${describeLabels(ENTITIES, contents.entityLabels)}${describeOffsets(report, contents)}`,
    `  ${describeLabels(RELATIONS, contents.relations)}`,
    ...(Object.keys(contents.categories).length > 0
      ? [`  ${describeLabels(CATEGORIES, contents.categories)}`]
      : []),
    `  ${counted(contents.pictures, "picture")} named${pictures}`,
    ...describeAnnotations(report).map((line) => `  ${line}`),
    ...pairs.map((line) => `  ${line}`),
  ];
  const kinds = Object.entries(report.counts) as [DefectCode, number][];
  kinds.sort(([a], [b]) => Number(CAUSES.has(b)) - Number(CAUSES.has(a)));
  for (const [code, found] of kinds) {
    const own = report.defects.filter((one) => one.code === code);
    const severity = own[0]?.severity ?? "warning";
    const style = severity === "error" ? "red" : "yellow";
    lines.push(`  ${output.style(style, `${severity}[${code}]`)} ${counted(found, "time")}`);
    const rows = own.slice(0, limit).map((one) => [one.place, one.message]);
    if (rows.length > 0) lines.push(formatTable(["place", "what"], rows, { indent: "    " }));
    if (found > rows.length && limit > 0) {
      lines.push(`    and ${found - rows.length} more (raise --limit, or use --json for all)`);
    }
    if (remedies && !CAUSES.has(code)) lines.push(`    -> ${DEFECTS[code].remedy}`);
  }
  return lines.join("\n");
}

/** What the offsets count, and whether the texts could tell. */
function describeOffsets({ offsets }: ReadReport, { entities, countedOtherwise }: FileContents): string {
  if (offsets === undefined || entities === 0) return "";
  const { codePoint, utf8 } = countedOtherwise;
  const alike =
    utf8 === 0
      ? " (every unit counts alike: all texts are ASCII)"
      : codePoint === 0
        ? " (code points count alike: no text has an emoji)"
        : "";
  return `; offsets count ${UNIT_NAMES[offsets]}${alike}`;
}

/** Codes that say why other defects occur, with the remedy in their message: they come first. */
const CAUSES: ReadonlySet<string> = new Set<DefectCode>([
  "data/offset-units",
  "data/indices-from-one",
  "data/picture-names",
]);

/** Says which format a file was taken for; nothing about relata's own. */
export function describeGuess({ guessed, format }: ReadReport): string[] {
  return guessed && format !== "relata" ? [`read as ${format}, which its content looks like`] : [];
}

/** What became of the annotations in a file, where not all were kept: a sum for each kind. */
export function describeAnnotations({ annotations }: ReadReport): string[] {
  return Object.entries(annotations ?? {}).flatMap(([kind, { found, kept, rejected, leftOut }]) => {
    if (found === kept) return [];
    const parts = [
      `${kept} kept`,
      ...Object.entries(leftOut).map(([code, count]) => `${count} left out [${code}]`),
      ...(rejected > 0 ? [`${rejected} in rejected rows`] : []),
    ];
    return [`${found} ${kind} in the file = ${parts.join(" + ")}`];
  });
}

const ENTITIES = { singular: "entity", plural: "entities" };
const CATEGORIES = { singular: "document with a category", plural: "documents with a category" };
const RELATIONS = { singular: "relation", plural: "relations" };

function describeLabels(what: typeof ENTITIES, counts: Readonly<Record<string, number>>): string {
  const labels = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (labels.length === 0) return `0 ${what.plural}`;
  const listed = labels.map(([label, number]) => `${label} ${number}`).join(", ");
  const total = sum(Object.values(counts));
  const noun = total === 1 ? what.singular : what.plural;
  return `${total} ${noun} of ${counted(labels.length, "label")}: ${listed}`;
}
