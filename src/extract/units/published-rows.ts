// The rows of a unit as an object beside its result: the submitter puts them there, and a worker that does not see the input reads them.
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { publishedUnits, type UnitSet, unitKey } from "../../units/job.ts";
import type { ObjectStore } from "../../units/object-store.ts";
import { damagedUnit, decodeUnit, encodeUnit } from "../../units/unit-record.ts";
import { type PostRow, type PostSource, RowSum } from "../batch/post-rows.ts";
import type { ExtractionJob, UnitsRequest } from "./extraction-units.ts";
import type { UnitRows } from "./row-index.ts";
import { RowReader } from "./row-reader.ts";

const POSTS = "posts";

const rowSchema = z.looseObject({
  row: z.int().positive(),
  key: z.string(),
  /** Bytes of the post's picture among those of the unit. */
  picture: z.int().nonnegative().optional(),
});

/** Puts the rows of units into the store, each once. */
export class RowPublisher {
  readonly #job: ExtractionJob;
  readonly #store: ObjectStore;
  readonly #reader: RowReader;
  readonly #published: UnitSet;
  readonly #withPictures: boolean;

  private constructor(
    { source, pictures }: Pick<UnitsRequest, "source" | "pictures">,
    job: ExtractionJob,
    store: ObjectStore,
    published: UnitSet,
  ) {
    this.#job = job;
    this.#store = store;
    this.#reader = new RowReader(source);
    this.#published = published;
    this.#withPictures = pictures !== false;
  }

  /** Finds out which units' rows are in the store. @throws the errors of the store */
  static async open(
    request: Pick<UnitsRequest, "source" | "pictures">,
    job: ExtractionJob,
    store: ObjectStore,
  ): Promise<RowPublisher> {
    return new RowPublisher(request, job, store, await publishedUnits(store, job.job.id, POSTS));
  }

  /**
   * Publishes the rows of a unit, unless they are there.
   *
   * @throws DataError `units/input-changed`; ConfigError `units/picture-files`; the errors of the source and of the store
   */
  async publish(unit: number): Promise<void> {
    if (this.#published.has(unit)) return;
    const { job, index } = this.#job;
    const entry = index.units[unit];
    if (entry === undefined) throw new RangeError(`there is no unit ${unit}`);
    const rows = await this.#reader.read(unit, entry, unit * index.unitRows);
    const pictures: Uint8Array[] = [];
    const lines = rows.map((row) => `${JSON.stringify(this.#lineOf(row, pictures))}\n`);
    const parts = [Buffer.from(lines.join("")), Buffer.concat(pictures)];
    await this.#store.putIfAbsent(
      unitKey(job.id, unit, POSTS),
      encodeUnit(job.id, unit, { facts: null, parts }),
    );
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  /** A picture that the row contains goes into a part of its own. */
  #lineOf(row: PostRow, pictures: Uint8Array[]): object {
    if (!("post" in row) || row.post.picture === undefined) return row;
    const { picture, ...post } = row.post;
    if (!this.#withPictures) return { ...row, post };
    if (typeof picture === "string") throw picturesAreFiles(picture);
    pictures.push(picture);
    return { ...row, post, picture: picture.length };
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
    const [lines = new Uint8Array(), pictures = new Uint8Array()] = decodeUnit(
      bytes,
      this.#id,
      unit,
      place,
    ).parts;
    let at = 0;
    const rows = Buffer.from(lines)
      .toString("utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const { picture: size, row } = rowOf(line, place);
        if (size === undefined || !("post" in row)) return row;
        const picture = new Uint8Array(pictures.subarray(at, at + size)); // a copy: no buffer of the whole unit
        at += size;
        return { ...row, post: { ...row.post, picture } };
      });
    const sum = new RowSum();
    for (const row of rows) sum.add(row);
    if (rows.length !== entry.rows || sum.value() !== entry.sum)
      throw damagedUnit(place, "has other rows than the input had when it was divided");
    return rows;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function rowOf(line: string, place: string): { readonly picture: number | undefined; readonly row: PostRow } {
  const checked = checkShape(rowSchema, JSON.parse(line), { whole: "a row" }); // its hash is right, so it is as it was written
  if (!checked.success) throw damagedUnit(place, `does not have rows of posts: ${checked.faults[0]}`);
  const { picture, ...row } = checked.data;
  return { picture, row: row as PostRow };
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

function picturesAreFiles(picture: string): ConfigError {
  return new ConfigError({
    code: "units/picture-files",
    message: `the posts belong to picture files such as ${picture}, which are not published with them`,
    place: "--publish-posts",
    value: picture,
    remedy:
      "Use --no-pictures; or give posts that name their pictures, and --pictures with a folder that every worker has under that path; or put the pictures into a Parquet file.",
  });
}
