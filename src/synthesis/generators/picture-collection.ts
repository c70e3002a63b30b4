// A captioned picture collection: its pictures, their captions, and their files, if any.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { SynthesisError } from "../../base/errors.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { readCaptionLists } from "../../data/caption-lists.ts";
import { PictureFolder } from "../../data/pictures.ts";
import type { ReadReport } from "../../data/report.ts";
import { pictureMediaType } from "../../encoders/pictures/brands.ts";
import { GeneratorRefusal, type ViewContent } from "./generator.ts";

/** A file of captions, and the folder that its picture names are relative to. */
export interface CollectionPlace {
  /** JSONL of `{"image", "caption"}` or `{"image", "captions": [...]}`; several files of the same pictures are several captioners. */
  readonly captions: string;
  readonly pictures?: string | undefined;
}

export interface CollectedPicture {
  /** As the caption files name it. */
  readonly name: string;
  /** Distinct ones in the order of the files; at least one. */
  readonly captions: readonly string[];
  readonly file: { readonly path: string; readonly bytes: number } | undefined;
}

const UNREADABLE = "unreadable-picture";
/** No decoder accepts larger files. */
const MAX_PICTURE_BYTES = 200_000_000;

export class PictureCollection {
  readonly pictures: readonly CollectedPicture[];
  /** The account of each caption file. */
  readonly reports: readonly ReadReport[];
  /**
   * SHA-256 over names, captions and sizes of picture files, in hexadecimal. Independent of the files'
   * location.
   */
  readonly fingerprint: string;
  readonly #byName: ReadonlyMap<string, CollectedPicture>;
  readonly #bySize: ReadonlyMap<
    number,
    readonly { readonly picture: CollectedPicture; readonly path: string }[]
  >;

  private constructor(pictures: readonly CollectedPicture[], reports: readonly ReadReport[]) {
    this.pictures = pictures;
    this.reports = reports;
    this.#byName = new Map(pictures.map((picture) => [picture.name, picture]));
    const bySize = new Map<number, { picture: CollectedPicture; path: string }[]>();
    const hash = createHash("sha256");
    for (const picture of pictures) {
      const { name, captions, file } = picture;
      hash.update(`${JSON.stringify([name, captions, file?.bytes ?? null])}\n`);
      if (file === undefined) continue;
      const alike = bySize.get(file.bytes) ?? [];
      bySize.set(file.bytes, alike);
      alike.push({ picture, path: file.path });
    }
    this.#bySize = bySize;
    this.fingerprint = hash.digest("hex");
  }

  /**
   * Reads captions and finds the pictures' files.
   *
   * @throws DataError `data/cannot-read`, or the code of the first faulty row; SynthesisError `synthesis/empty-collection`
   */
  static async open(places: readonly CollectionPlace[]): Promise<PictureCollection> {
    const found = new Map<string, { captions: Set<string>; path: string | undefined }>();
    const reports: ReadReport[] = [];
    for (const { captions: path, pictures } of places) {
      const folder = pictures === undefined ? undefined : await PictureFolder.open(pictures);
      const { captions, report } = await readCaptionLists(path, { policy: "strict" });
      reports.push(report);
      for (const [name, list] of captions) {
        const known = found.get(name) ?? { captions: new Set<string>(), path: undefined };
        found.set(name, known);
        for (const caption of list) known.captions.add(caption);
        const state = folder?.find(name);
        if (state?.state === "found") known.path ??= state.path;
      }
    }
    const captioned = [...found].filter(([, { captions }]) => captions.size > 0);
    if (captioned.length === 0) throw emptyCollection(places);
    const pictures = await Promise.all(
      captioned.map(async ([name, { captions, path }]) => ({
        name,
        captions: [...captions],
        file: path === undefined ? undefined : { path, bytes: (await stat(path)).size },
      })),
    );
    return new PictureCollection(pictures, reports);
  }

  named(name: string): CollectedPicture | undefined {
    return this.#byName.get(name);
  }

  /** The picture whose file holds exactly these bytes. */
  async holding(bytes: Uint8Array): Promise<CollectedPicture | undefined> {
    for (const { picture, path } of this.#bySize.get(bytes.length) ?? []) {
      if (Buffer.compare(await readWholeFile(path), bytes) === 0) return picture;
    }
    return undefined;
  }
}

/** A picture name without folders, which identifies an instance's own picture wherever it is stored. */
export function nameWithoutFolder(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
}

/**
 * A picture file as the content of a view.
 *
 * @throws GeneratorRefusal `unreadable-picture` for anything but a picture file; does not check that it decodes
 */
export async function pictureContent(path: string): Promise<ViewContent> {
  const bytes = await readRegularFile(
    path,
    MAX_PICTURE_BYTES,
    ({ problem }) => new GeneratorRefusal(UNREADABLE, `retrieval: ${path} ${problem}`),
  );
  const mediaType = pictureMediaType(bytes);
  if (mediaType !== undefined) return { mediaType, bytes };
  const what = `${path} (${bytes.length} bytes) does not begin like any known picture format`;
  throw new GeneratorRefusal(UNREADABLE, `retrieval: ${what}`);
}

function emptyCollection(places: readonly CollectionPlace[]): SynthesisError {
  const files = places.map(({ captions }) => captions);
  return new SynthesisError({
    code: "synthesis/empty-collection",
    message: `there are no captions in ${files.join(", ") || "an empty list of collections"}`,
    place: files[0],
    value: files,
    remedy: 'Name files of {"image", "caption"} or {"image", "captions"} rows.',
  });
}
