// Reads brat standoff: a folder with pairs of a text (.txt) and its annotations (.ann).
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import { SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { readFileText } from "../file-text.ts";
import { cannotRead } from "../lines.ts";
import { judgeRow, type Parsed, type RowOutcome, weighDefects } from "../rows.ts";
import { AnnotationCollector, type AnnotationSet } from "./annotation-set.ts";
import { type BratLine, parseBratLine } from "./brat-lines.ts";
import { MentionUnits, sameWords } from "./mention-units.ts";
import { taskRows } from "./task-rows.ts";

/** brat's standoff files. Offsets count code points, as in Python. */
export const bratFormat: DocumentFormat = {
  name: "brat",
  description: "a folder of brat standoff: pairs of .txt and .ann",
  offsets: "code-point",
  readsFolders: true,
  recognises: ({ path, names }) =>
    names === undefined ? path.endsWith(".ann") : names.some((name) => name.endsWith(".ann")),
  read: readBrat,
};

const NONE = { entities: 0, relations: 0 };
const PICTURE = /\.(?:jpe?g|png|gif|webp|bmp|tiff?)$/i;

/**
 * Reads the texts of a folder in the order of their names, or one pair of files. The id is the name without extension; a picture of the
 * same name is the text's picture. In the report a line is a text.
 *
 * @throws DataError `data/cannot-read`, `data/file-too-large`, `data/other-format`; under "strict" also the code of the first defect of severity "error".
 */
async function* readBrat(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const { folder, names, only } = await namesIn(path);
  const units = new MentionUnits(path, "code-point", options.offsets);
  const ids = new SeenIds();
  const stems = new Set(names.flatMap((name) => /^(.+)\.(?:txt|ann)$/.exec(name)?.[1] ?? []));
  const sorted = only === undefined ? [...stems].sort() : [only];
  for (const [i, stem] of sorted.entries()) {
    options.signal?.throwIfAborted();
    const picture = names.find((name) => PICTURE.test(name) && name.replace(/\.\w+$/, "") === stem);
    const pair = { folder, stem, picture };
    const at = { line: i + 1, lines: 1 };
    for (const row of await readPair(pair, { names, options, units }))
      yield judgeRow(at, row, (document) => ids.compare(document, join(folder, `${stem}.txt`)), options);
  }
  const notes = units.defects();
  if (notes.length > 0) yield { kind: "file", defects: weighDefects(notes, options) };
}

async function namesIn(path: string) {
  const failed = (cause: unknown): never => {
    throw cannotRead(path, cause);
  };
  if ((await stat(path).catch(failed)).isDirectory())
    return { folder: path, names: await readdir(path).catch(failed), only: undefined };
  const folder = dirname(path);
  return {
    folder,
    names: await readdir(folder).catch(failed),
    only: basename(path).replace(/\.(?:txt|ann)$/, ""),
  };
}

interface Pair {
  readonly folder: string;
  readonly stem: string;
  readonly picture: string | undefined;
}

interface BratContext {
  readonly names: readonly string[];
  readonly options: ReadDocumentsOptions;
  readonly units: MentionUnits;
}

async function readPair(
  { folder, stem, picture }: Pair,
  { names, options, units }: BratContext,
): Promise<readonly Parsed<Document>[]> {
  const annotations = join(folder, `${stem}.ann`);
  const place = join(folder, `${stem}.txt`);
  const texts = names.includes(`${stem}.txt`) ? await readFileText(place, options.signal) : undefined;
  const lines = names.includes(`${stem}.ann`) ? await readFileText(annotations, options.signal) : undefined;
  if (!names.includes(`${stem}.txt`)) {
    const found = foundIn(lines ?? "", annotations);
    return [
      { found, defects: [defect("data/not-brat", annotations, `its text ${stem}.txt is missing`, stem)] },
    ];
  }
  if (texts === undefined || (lines === undefined && names.includes(`${stem}.ann`))) {
    const broken = texts === undefined ? place : annotations;
    return [{ defects: [defect("data/invalid-utf8", broken, "the file is not valid UTF-8")] }];
  }
  const text = texts.replace(/^\ufeff/, "");
  const task = { id: stem, text, image: picture };
  const sets = lines === undefined ? [] : [setOf(lines, text, annotations, units)];
  return taskRows(task, sets, { found: NONE, defects: [] }, { place, options, units });
}

/** The numbers of annotations in a file whose text is missing. */
function foundIn(lines: string, place: string) {
  return setOf(lines, undefined, place, undefined).found;
}

function setOf(
  lines: string,
  text: string | undefined,
  file: string,
  units: MentionUnits | undefined,
): AnnotationSet {
  const collector = new AnnotationCollector(file);
  const parsed: BratLine[] = [];
  for (const [i, line] of lines
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const found = parseBratLine(line, `${file}:${i + 1}`);
    if ("code" in found)
      collector.unread(/^T/.test(line) ? { entities: 1 } : /^R/.test(line) ? { relations: 1 } : {}, found);
    else parsed.push(found);
  }
  for (const line of parsed) if (line.kind === "text-bound") collectMention(line, text, collector, units);
  const triggers = new Map(
    parsed.flatMap((line) => (line.kind === "event" ? [[line.id, line.trigger]] : [])),
  );
  const mention = (id: string) => triggers.get(id) ?? id;
  for (const line of parsed) {
    if (line.kind === "relation")
      collector.arrow({ from: mention(line.from), to: mention(line.to), labels: [line.label] });
    if (line.kind === "event" && line.roles.length > 0) {
      collector.note("data/event", `event ${line.id}: its arguments become relations from ${line.trigger}`);
      for (const { label, of } of line.roles)
        collector.arrow({ from: line.trigger, to: mention(of), labels: [label] });
    }
    if (line.kind === "equivalence")
      collector.note("data/other-annotation", `${line.of.join(", ")} are marked as equivalent: not read`);
  }
  return collector.set({ annotator: "brat", changed: "", trusted: false, meta: metaOf(parsed) });
}

function collectMention(
  { id, label, spans, text: stated }: BratLine & { readonly kind: "text-bound" },
  text: string | undefined,
  collector: AnnotationCollector,
  units: MentionUnits | undefined,
): void {
  const [first, ...others] = [...spans].sort((a, b) => a.start - b.start);
  if (first === undefined) return; // a line without a span is not an annotation
  if (others.length === 0) {
    collector.region(id, { ...first, labels: [label], text: stated });
    return;
  }
  const start = first.start;
  const end = Math.max(...spans.map((span) => span.end));
  collector.note(
    "data/discontinuous-span",
    `${id} has ${spans.length} parts (${quote(stated)}): read as one span, [${start}, ${end})`,
  );
  // Its parts are compared here, because the whole span has other words.
  const place = text === undefined ? undefined : units?.in(text);
  const parts = spans.map((span) => place?.({ ...span, label }) ?? { ...span });
  const words = parts.map((part) => text?.slice(part.start, part.end)).join(" ");
  if (text !== undefined && !sameWords(words, stated)) {
    const message = `the text of ${id} is ${quote(stated)}, but its parts are ${quote(words)}`;
    collector.note("data/name-mismatch", message);
  }
  collector.region(id, { start, end, labels: [label] });
}

/** Attributes, normalizations and notes, by the id of what they are about. */
function metaOf(lines: readonly BratLine[]): Readonly<Record<string, unknown>> {
  const about = lines.flatMap((line) => {
    if (line.kind === "attribute") return [{ of: line.of, name: line.name, value: line.value }];
    return line.kind === "note" ? [{ of: line.of, name: line.name, value: line.text }] : [];
  });
  if (about.length === 0) return {};
  const mentions = lines.flatMap((line) => (line.kind === "text-bound" ? [line.id] : []));
  return { brat: { mentions, about } };
}
