// The rows of a unit as an object beside its result, with their captions and the names of their pictures' contents: the submitter puts them there, and a
// worker that sees neither the input nor its pictures reads them.
import { z } from "zod";
import { mapConcurrently } from "../../base/concurrently.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { publishedUnits, type UnitSet, unitKey } from "../../units/job.ts";
import type { ObjectStore } from "../../units/object-store.ts";
import { damagedUnit, decodeUnit, encodeUnit } from "../../units/unit-record.ts";
import { type PostRow, type PostSource, RowSum } from "../batch/post-rows.ts";
import { VisualFiles } from "../batch/row-visuals.ts";
import type { ExtractionJob, UnitsRequest } from "./extraction-units.ts";
import { PicturePublisher, publishedPicture, publishedPictureSchema } from "./published-pictures.ts";
import type { UnitRows } from "./row-index.ts";
import { RowReader } from "./row-reader.ts";

const POSTS = "posts";
const PICTURES_AT_ONCE = 8; // each waits for the store

const rowSchema = z.looseObject({
  row: z.int().positive(),
  key: z.string(),
  picture: publishedPictureSchema.optional(),
});

/** What is published of an input: its posts, with the pictures and captions that the request finds for them. */
type PublishRequest = Pick<UnitsRequest, "source" | "pictures" | "captions">;

/** Puts the rows of units into the store, each once. */
export class RowPublisher {
  readonly #job: ExtractionJob;
  readonly #store: ObjectStore;
  readonly #reader: RowReader;
  readonly #published: UnitSet;
  readonly #files: VisualFiles;
  readonly #pictures: PicturePublisher;

  private constructor(
    source: PostSource,
    job: ExtractionJob,
    store: ObjectStore,
    { published, files, pictures }: { published: UnitSet; files: VisualFiles; pictures: PicturePublisher },
  ) {
    this.#job = job;
    this.#store = store;
    this.#reader = new RowReader(source);
    this.#published = published;
    this.#files = files;
    this.#pictures = pictures;
  }

  /** Finds out what is in the store. @throws the errors of the store, of the picture folder and of the captions */
  static async open(request: PublishRequest, job: ExtractionJob, store: ObjectStore): Promise<RowPublisher> {
    const { id } = job.job;
    return new RowPublisher(request.source, job, store, {
      published: await publishedUnits(store, id, POSTS),
      files: await VisualFiles.open(request),
      pictures: await PicturePublisher.open(id, store),
    });
  }

  /**
   * Publishes the rows of a unit and before them their pictures, unless they are there.
   *
   * @throws DataError `units/input-changed`; the errors of the source and of the store
   */
  async publish(unit: number): Promise<void> {
    if (this.#published.has(unit)) return;
    const { job, index } = this.#job;
    const entry = index.units[unit];
    if (entry === undefined) throw new RangeError(`there is no unit ${unit}`);
    const rows = await this.#reader.read(unit, entry, unit * index.unitRows);
    const published = await mapConcurrently(rows, PICTURES_AT_ONCE, (row) => this.#withVisual(row));
    const lines = published.map((row) => `${JSON.stringify(row)}\n`);
    await this.#store.putIfAbsent(
      unitKey(job.id, unit, POSTS),
      encodeUnit(job.id, unit, { facts: null, parts: [Buffer.from(lines.join(""))] }),
    );
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #withVisual(row: PostRow): Promise<object> {
    if (!("post" in row)) return row;
    const { picture: _, caption: __, ...post } = row.post;
    const { image, missing } = this.#files.pictureOf(row.post);
    const caption = this.#files.captionOf(row.post);
    return {
      ...row,
      post: { ...post, ...(caption === undefined ? {} : { caption }), ...(missing && { missing }) },
      ...(image === undefined ? {} : { picture: await this.#pictures.publish(image) }),
    };
  }
}

/** Reads the rows of units from the store. */
export class PublishedRows {
  readonly #id: string;
  readonly #store: ObjectStore;

  constructor(id: string, store: ObjectStore) {
    this.#id = id;
    this.#store = store;
  }

  /** @throws DataError `units/damaged-unit`; the errors of the store */
  async read(unit: number, entry: UnitRows): Promise<PostRow[]> {
    const key = unitKey(this.#id, unit, POSTS);
    const place = `${this.#store.place}/${key}`;
    const bytes = await this.#store.get(key);
    if (bytes === undefined) throw damagedUnit(place, "is not there");
    const [lines = new Uint8Array()] = decodeUnit(bytes, this.#id, unit, place).parts;
    const rows = Buffer.from(lines)
      .toString("utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => this.#rowOf(line, place));
    const sum = new RowSum();
    for (const row of rows) sum.add(row);
    if (rows.length !== entry.rows || sum.value() !== entry.sum)
      throw damagedUnit(place, "has other rows than the input had when it was divided");
    return rows;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #rowOf(line: string, place: string): PostRow {
    const checked = checkShape(rowSchema, JSON.parse(line), { whole: "a row" }); // its hash is right, so it is as it was written
    if (!checked.success) throw damagedUnit(place, `does not have rows of posts: ${checked.faults[0]}`);
    const { picture, ...rest } = checked.data;
    const row = rest as PostRow;
    if (picture === undefined || !("post" in row)) return row;
    return { ...row, post: { ...row.post, picture: publishedPicture(picture, this.#id, this.#store) } };
  }
}

/** What a worker without the input has in its place. */
export function unseenSource(place: string, fingerprint: string): PostSource {
  return {
    place,
    counts: "row",
    fingerprint: () => Promise.resolve(fingerprint),
    // biome-ignore lint/correctness/useYield: there is nothing to read
    async *rows() {
      throw damagedUnit(place, "is only in the store, which does not say where its units begin");
    },
  };
}
