// Captioned picture collections: reads JSONL rows with one or several captions, and collects all captions of each picture.
import { z } from "zod";
import { VALUES_SHOWN } from "../base/schema-issues.ts";
import { CAPTION_ROWS, captionFields, captionRowDefect } from "./captions.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { ImageName } from "./document.ts";
import { surrogateDefects } from "./document-defects.ts";
import { parseJsonLine } from "./jsonl.ts";
import { type ReadReport, ReportBuilder } from "./report.ts";
import { type Parsed, type RowOptions, type RowParser, readRows } from "./rows.ts";

interface CaptionListRow {
  readonly image: ImageName;
  readonly captions: readonly string[];
}

/** Captions by picture, in the order of the file; empty ones are left out, so a picture may have none. */
export interface CaptionListSet {
  readonly captions: ReadonlyMap<ImageName, readonly string[]>;
  readonly report: ReadReport;
}

/** Collections have further fields (size, boxes, licence), which are not captions. */
const listSchema = z.object({ image: z.string(), captions: z.array(z.string()) });
const singleSchema = z.object({ image: z.string(), caption: z.string() });

/**
 * Reads a file of `{"image", "caption"}` or `{"image", "captions": [...]}` rows. Rows of the same picture are combined; other fields
 * are ignored.
 *
 * @throws DataError `data/cannot-read`; under the policy "strict" also the code of the first error.
 */
export async function readCaptionLists(path: string, options: RowOptions = {}): Promise<CaptionListSet> {
  const builder = new ReportBuilder(path, "captions");
  const captions = new Map<ImageName, string[]>();
  for await (const outcome of readRows(path, PARSER, options)) {
    builder.add(outcome);
    if (outcome.kind !== "accepted") continue;
    const { image, captions: more } = outcome.value;
    const known = captions.get(image) ?? [];
    captions.set(image, known);
    known.push(...more.filter((caption) => caption.trim() !== ""));
  }
  return { captions, report: builder.report() };
}

const PARSER: RowParser<CaptionListRow> = {
  form: "json",
  onlyForm: CAPTION_ROWS,
  parse(text, place): Parsed<CaptionListRow> {
    const json = parseJsonLine(text, place);
    if (json.defects.length > 0) return { defects: json.defects };
    const value = listFields(json.value);
    const hasList = typeof value === "object" && value !== null && "captions" in value;
    const shape = (hasList ? listSchema : singleSchema).safeParse(value, VALUES_SHOWN);
    if (!shape.success)
      return { defects: shape.error.issues.map((issue) => captionRowDefect(issue, value, place)) };
    const { image } = shape.data;
    const captions = "captions" in shape.data ? shape.data.captions : [shape.data.caption];
    const defects: Defect[] = [
      ...surrogateDefects(image, "image", place),
      ...captions.flatMap((caption) => surrogateDefects(caption, "caption", place)),
    ];
    if (image === "") defects.push(defect("data/empty-image", place, "image is empty", ""));
    if (captions.length === 0 || captions.some((caption) => caption.trim() === "")) {
      defects.push(defect("data/empty-caption", place, `a caption of ${quote(image)} is empty`, image));
    }
    return { value: { image, captions }, defects };
  },
};

/** A row without null fields or list items; a null caption becomes an empty one. */
function listFields(value: unknown): unknown {
  const row = captionFields(value);
  if (typeof row !== "object" || row === null || !("captions" in row) || !Array.isArray(row.captions))
    return row;
  return { ...row, captions: row.captions.filter((caption) => caption !== null) };
}
