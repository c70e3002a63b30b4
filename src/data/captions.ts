// Captions of pictures: reads `{"image", "caption"}` JSONL and joins it to documents; a missing caption stays missing.

import { z } from "zod";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { fieldName, VALUES_SHOWN } from "../base/schema-issues.ts";
import { defect, quote } from "./defects.ts";
import type { Document, ImageName } from "./document.ts";
import { surrogateDefects } from "./document-defects.ts";
import { parseJsonLine } from "./jsonl.ts";
import { withoutNulls } from "./parse-document.ts";
import { type ReadReport, ReportBuilder } from "./report.ts";
import { type Parsed, type RowOptions, type RowParser, readRows } from "./rows.ts";
import { UnreadFields } from "./unread-fields.ts";

/** The caption of a document's picture, or why there is none: no picture, no row for it, or a row with an empty caption. */
export type CaptionState =
  | { readonly state: "found"; readonly text: string }
  | { readonly state: "missing"; readonly reason: "no-image" | "no-row" | "empty" };

interface CaptionRow {
  readonly image: ImageName;
  readonly caption: string;
}

/** Captions by picture; pictures with an empty caption are in the map with "". */
export interface CaptionSet {
  readonly captions: ReadonlyMap<ImageName, string>;
  readonly report: ReadReport;
}

/** How captions are written. */
export const CAPTION_ROWS = 'Write one {"image", "caption"} per line, as JSON.';

const rowSchema = z.object({ image: z.string(), caption: z.string() });

/**
 * Reads a caption file. Captions are unchanged, including line breaks; null or only white space counts as empty. Fields other than
 * `image` and `caption` are ignored and reported once.
 *
 * @throws DataError `data/cannot-read`; under the policy "strict" also the code of the first error.
 */
export async function readCaptions(path: string, options: RowOptions = {}): Promise<CaptionSet> {
  const builder = new ReportBuilder(path, "captions");
  const captions = new Map<ImageName, string>();
  for await (const outcome of readRows(path, captionParser(captions), options)) {
    builder.add(outcome);
    if (outcome.kind === "accepted") captions.set(outcome.value.image, outcome.value.caption);
  }
  return { captions, report: builder.report() };
}

function captionParser(earlier: ReadonlyMap<ImageName, string>): RowParser<CaptionRow> {
  const unread = new UnreadFields();
  let firstPlace: string | undefined;
  return {
    form: "json",
    onlyForm: CAPTION_ROWS,
    parse(text, place): Parsed<CaptionRow> {
      const json = parseJsonLine(text, place);
      if (json.defects.length > 0) return { defects: json.defects };
      const value = captionFields(json.value);
      const shape = rowSchema.safeParse(value, VALUES_SHOWN);
      if (!shape.success)
        return { defects: shape.error.issues.map((issue) => captionRowDefect(issue, value, place)) };
      for (const name of Object.keys(value as object)) {
        if (Object.hasOwn(rowSchema.shape, name)) continue;
        unread.add(name);
        firstPlace ??= place;
      }
      const row = shape.data;
      const defects = [
        ...surrogateDefects(row.image, "image", place),
        ...surrogateDefects(row.caption, "caption", place),
      ];
      if (row.image === "") defects.push(defect("data/empty-image", place, "image is empty", ""));
      if (row.caption.trim() === "") {
        defects.push(
          defect("data/empty-caption", place, `the caption of ${quote(row.image)} is empty`, row.image),
        );
      }
      return { value: row, defects };
    },
    compare({ image, caption }, place) {
      const known = earlier.get(image);
      if (known === undefined) return [];
      const how = known === caption ? "the same" : "another";
      return [defect("data/duplicate-caption", place, `${quote(image)} already has ${how} caption`, image)];
    },
    end() {
      const names = unread.describe();
      if (names === undefined || firstPlace === undefined) return [];
      return [defect("data/unread-field", firstPlace, `fields not read: ${names}`, names)];
    },
  };
}

/**
 * Reads captions that a command needs.
 *
 * @throws DataError `data/no-captions` if no row is usable; and the errors of `readCaptions`.
 */
export async function requireCaptions(path: string): Promise<CaptionSet> {
  const set = await readCaptions(path);
  if (set.captions.size > 0) return set;
  const { read, defects } = set.report;
  const first = defects.find(({ severity }) => severity === "error");
  throw new DataError({
    code: "data/no-captions",
    message: `${path} contains no usable caption: ${read === 0 ? "it has no rows" : `${counted(read, "row")}, none of them usable`}`,
    place: first?.place ?? path,
    value: read,
    remedy: first?.message ?? CAPTION_ROWS,
  });
}

/** A row without null fields; a null caption becomes an empty one. */
export function captionFields(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const isEmpty = "caption" in value && value.caption === null;
  return { ...withoutNulls(value), ...(isEmpty && { caption: "" }) };
}

/** The faults in the shape of a caption row. */
export function captionRowDefect(issue: z.core.$ZodIssue, value: unknown, place: string) {
  const [key] = issue.path;
  const field = key === undefined ? value : (value as Record<PropertyKey, unknown>)[key];
  if (key !== undefined && field === undefined) {
    return defect("data/missing-field", place, `${String(key)} is missing`);
  }
  return defect("data/wrong-type", place, `${fieldName(issue.path, "the row")}: ${issue.message}`, field);
}

/** Result of joining documents and captions; the four counts of documents add up to `documents`. */
export interface CaptionReport {
  readonly documents: number;
  readonly found: number;
  readonly noImage: number;
  readonly noRow: number;
  readonly empty: number;
  /** Pictures with a caption that no document names. */
  readonly unusedCaptions: number;
}

/** The caption state of each document, in order, and a summary. */
export function joinCaptions(
  documents: readonly Document[],
  captions: ReadonlyMap<ImageName, string>,
): { readonly states: readonly CaptionState[]; readonly report: CaptionReport } {
  const states = documents.map(({ image }) => captionOf(image, captions));
  const missing = (reason: string) =>
    states.filter((s) => s.state === "missing" && s.reason === reason).length;
  const used = new Set(documents.map(({ image }) => image));
  const report = {
    documents: documents.length,
    found: states.filter(({ state }) => state === "found").length,
    noImage: missing("no-image"),
    noRow: missing("no-row"),
    empty: missing("empty"),
    unusedCaptions: [...captions.keys()].filter((image) => !used.has(image)).length,
  };
  return { states, report };
}

/**
 * Refuses captions of other pictures: not one picture of the documents has a row.
 *
 * @param path the file of the captions, for the error
 * @throws DataError `data/no-visual`
 */
export function requireSharedPictures(
  documents: readonly Document[],
  captions: ReadonlyMap<ImageName, string>,
  path: string,
): void {
  const images = new Set(documents.flatMap(({ image }) => image ?? []));
  const [image] = images;
  if (image === undefined || [...images].some((one) => captions.has(one))) return;
  const stems = new Map([...captions.keys()].map((name) => [stemOf(name), name]));
  const alike = [...images].find((one) => stems.has(stemOf(one)));
  const [wanted, given] = [alike ?? image, stems.get(stemOf(alike ?? image)) ?? [...captions.keys()][0]];
  const remedy =
    alike === undefined
      ? "Name the captions of these documents' pictures."
      : "Write the names of the pictures alike in both files, with folder and extension.";
  throw new DataError({
    code: "data/no-visual",
    message: `no caption in ${path} is of a picture that the documents name: the documents name ${quote(wanted)}, the captions ${quote(given)}`,
    place: path,
    value: wanted,
    remedy,
  });
}

/** The name of a picture without folders and extension. */
function stemOf(name: ImageName): string {
  return name.replace(/^.*[/\\]/, "").replace(/\.\w{1,5}$/, "");
}

function captionOf(image: ImageName | undefined, captions: ReadonlyMap<ImageName, string>): CaptionState {
  if (image === undefined) return { state: "missing", reason: "no-image" };
  const text = captions.get(image);
  if (text === undefined) return { state: "missing", reason: "no-row" };
  return text.trim() === "" ? { state: "missing", reason: "empty" } : { state: "found", text };
}
