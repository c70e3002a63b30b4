// GMNER's boxes: the position of an entity in the picture, from a separate JSON file, checked and joined to documents.
// Boxes are gold labels for evaluation and inspection; nothing about them, not even their number, may be a model's input.

import { z } from "zod";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { checkShape, VALUES_SHOWN } from "../base/schema-issues.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Entity, ImageName, JsonObject } from "./document.ts";
import { jsonFault, MAX_JSON_DEPTH } from "./json-scan.ts";
import { cannotReadFile } from "./lines.ts";
import { withoutNulls } from "./parse-document.ts";

const MAX_BOX_FILE_BYTES = 64 * 1024 * 1024; // GMNER's 3,925 pictures take 0.5 MB

const pictureSchema = z.strictObject({
  width: z.int().positive(),
  height: z.int().positive(),
  boxes: z.array(
    z.strictObject({
      label: z.string(),
      /** [xmin, ymin, xmax, ymax] in pixels. */
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
});
type BoxedPicture = z.infer<typeof pictureSchema>;

/** The part of a document's `meta` that comes from the boxes of its picture. */
interface JoinedBoxes {
  /** `boxes`: `{name, box, entities}` with the indices of the entities that have this name; `pictureSize`: `[width, height]`. */
  readonly meta: JsonObject;
  readonly defects: readonly Defect[];
}

/** The boxes of many pictures: `{"<image>": {"width", "height", "boxes": [{"label": words, "box": [xmin, ymin, xmax, ymax]}]}}`. */
export class BoxFile {
  readonly #path: string;
  readonly #pictures: ReadonlyMap<ImageName, BoxedPicture>;
  readonly #used = new Set<ImageName>();

  private constructor(path: string, pictures: ReadonlyMap<ImageName, BoxedPicture>) {
    this.#path = path;
    this.#pictures = pictures;
  }

  /** @throws DataError `data/cannot-read`, `data/bad-boxes`. */
  static async open(path: string): Promise<BoxFile> {
    const failure = cannotReadFile(path);
    const bytes = await readRegularFile(path, MAX_BOX_FILE_BYTES, (fault) =>
      fault.kind === "too-large" ? badBoxes(path, fault.problem, path) : failure(fault),
    );
    return new BoxFile(path, parsePictures(path, bytes));
  }

  /** The boxes of a document, or undefined if its picture has no entry. */
  join(
    image: ImageName | undefined,
    text: string,
    entities: readonly Entity[],
    place: string,
  ): JoinedBoxes | undefined {
    const picture = image === undefined ? undefined : this.#pictures.get(image);
    if (image === undefined || picture === undefined) return undefined;
    this.#used.add(image);
    const { width, height, boxes } = picture;
    const defects: Defect[] = [];
    const joined = boxes.map(({ label: name, box }) => {
      const own = entities.flatMap(({ start, end }, i) => (text.slice(start, end) === name ? [i] : []));
      const shown = `the box ${quote(name)} of ${image} in ${this.#path}`;
      if (own.length === 0) {
        defects.push(
          defect(
            "data/box-without-entity",
            place,
            `${shown} has a name that no entity of its text has`,
            name,
          ),
        );
      }
      const [xmin, ymin, xmax, ymax] = box;
      if (!(xmin >= 0 && xmin < xmax && xmax <= width && ymin >= 0 && ymin < ymax && ymax <= height)) {
        const message = `${shown} is [${box.join(", ")}], but the picture is ${width} x ${height}`;
        defects.push(defect("data/box-outside-picture", place, message, box));
      }
      return { name, box, entities: own };
    });
    return { meta: { boxes: joined, pictureSize: [width, height] }, defects };
  }

  /** Pictures of the file that no document has named so far. */
  unused(): readonly Defect[] {
    const unused = [...this.#pictures.keys()].filter((image) => !this.#used.has(image));
    if (unused.length === 0) return [];
    const message = `${unused.length} of ${counted(this.#pictures.size, "picture")} with boxes ${unused.length === 1 ? "is" : "are"} not named in any row; the first is ${quote(unused[0])}`;
    return [defect("data/unused-boxes", this.#path, message, unused.length)];
  }
}

function parsePictures(path: string, bytes: Buffer): Map<ImageName, BoxedPicture> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw badBoxes(path, `is not JSON: ${error instanceof Error ? error.message : String(error)}`, path);
  }
  const fault = jsonFault(text);
  if (fault?.kind === "duplicate-key") throw badBoxes(path, `names ${quote(fault.key)} twice`, fault.key);
  if (fault?.kind === "too-deep")
    throw badBoxes(path, `is nested more than ${MAX_JSON_DEPTH} levels deep`, fault.depth);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badBoxes(path, `is ${quote(value)}, not an object of pictures`, value);
  }
  const pictures = new Map<ImageName, BoxedPicture>();
  for (const [image, entry] of Object.entries(value)) {
    const shape = checkShape(pictureSchema, withoutAbsent(entry), {
      whole: "the picture",
      wording: VALUES_SHOWN,
    });
    if (!shape.success) throw badBoxes(path, `${quote(image)}: ${shape.faults[0]}`, entry);
    pictures.set(image, shape.data);
  }
  return pictures;
}

/** A picture's entry without null fields in it and its boxes. */
function withoutAbsent(entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return entry;
  const fields = withoutNulls(entry);
  if (!Array.isArray(fields.boxes)) return fields;
  const isObject = (box: unknown): box is object => typeof box === "object" && box !== null;
  return { ...fields, boxes: fields.boxes.map((box) => (isObject(box) ? withoutNulls(box) : box)) };
}

function badBoxes(path: string, what: string, value: unknown): DataError {
  return new DataError({
    code: "data/bad-boxes",
    message: `${path} ${what}`,
    place: path,
    value,
    remedy:
      'Give {"<image>": {"width", "height", "boxes": [{"label", "box": [xmin, ymin, xmax, ymax]}]}}, in pixels.',
  });
}
