// Pictures that show nothing, or nothing about their posts: broken, of one colour, tiny, very long, or the same beside many texts.
import { createHash } from "node:crypto";
import { CountList } from "../../base/count-list.ts";
import { counted } from "../../base/counted.ts";
import { HashedKeys } from "../../base/hashed-keys.ts";
import { StringIndex } from "../../base/string-index.ts";
import { comparableText } from "../../data/comparable-text.ts";
import { decodePicture, readPictureFile } from "../../encoders/pictures/decode.ts";
import { isPictureFault } from "../../encoders/pictures/limits.ts";
import type { Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import type { Finding, RowReference, Severity } from "../finding.ts";
import { MAX_ROWS } from "../finding.ts";
import { lookAt } from "./look-at-picture.ts";

/** The quality of pictures. */
export const pictureQuality: CheckEntry = {
  name: "picture-quality",
  about: "pictures that are broken, of one colour, tiny, very long, or beside many different texts",
  create: (setting) => new PictureQuality(setting),
};

/** Below this deviation a photograph has nothing to be seen: JPEG noise on one colour has less than 2. */
const LEAST_SPREAD = 3;
const LEAST_SIDE = 32;
const MOST_ASPECT = 4;
/** Different texts from which a picture looks like a placeholder. */
const MANY_TEXTS = 5;

/** Defects of single files. */
const DEFECTS = {
  "picture/undecodable": { severity: "warning", what: "cannot be decoded" },
  "picture/flat": { severity: "warning", what: "have one colour" },
  "picture/tiny": { severity: "warning", what: `have a side below ${LEAST_SIDE} pixels` },
  "picture/extreme-aspect": {
    severity: "note",
    what: `are more than ${MOST_ASPECT} times as long as wide, or as wide as long`,
  },
} as const satisfies Record<string, { readonly severity: Severity; readonly what: string }>;
type DefectOfPicture = keyof typeof DEFECTS;

const REMEDIES: Readonly<Record<DefectOfPicture | "picture/many-texts", string>> = {
  "picture/undecodable": "Fetch them again. Training counts their posts as posts without a picture.",
  "picture/flat": "Fetch them again, or treat the posts as posts without a picture.",
  "picture/tiny": "Fetch the originals; these are thumbnails or tracking pixels.",
  "picture/extreme-aspect": "Look at them: they are often banners or screenshots. Leave those out.",
  "picture/many-texts": "Look at it. If it is a placeholder, treat the posts as posts without a picture.",
};

class PictureQuality implements Check {
  readonly #setting: CheckSetting;
  readonly #images = new StringIndex();
  /** Of each picture: documents, different texts, and where it is named first. */
  readonly #documents = new CountList();
  readonly #texts = new CountList();
  readonly #file = new CountList();
  readonly #row = new CountList();
  readonly #ids = new StringIndex();
  readonly #id = new CountList();
  readonly #pairs = new HashedKeys();
  readonly #files: ReadonlyMap<string, number>;
  readonly #said: string[] = [];

  constructor(setting: CheckSetting) {
    this.#setting = setting;
    this.#files = new Map(setting.files.map(({ path }, i) => [path, i]));
  }

  see({ document: { image, text }, place }: SeenDocument): void {
    if (image === undefined) return;
    const { size } = this.#images;
    const picture = this.#images.add(image);
    this.#documents.increment(picture);
    if (this.#pairs.size === this.#pairs.add(`${image}\n${comparableText(text)}`))
      this.#texts.increment(picture);
    if (picture < size) return;
    this.#file.push(this.#files.get(place.file) ?? 0);
    this.#row.push(place.row);
    this.#id.push(this.#ids.add(place.id));
  }

  async findings(): Promise<Finding[]> {
    const sameFile = new Map<string, number[]>(); // pictures by the hash of their bytes, where a folder is given
    const found = new Map<
      DefectOfPicture,
      { count: number; readonly rows: RowReference[]; readonly shown: string[] }
    >();
    let decoded = 0;
    for (let picture = 0; picture < this.#images.size; picture++) {
      const name = this.#images.at(picture);
      const state = this.#setting.pictures?.find(name);
      if (state?.state !== "found") continue;
      this.#setting.signal?.throwIfAborted();
      decoded++;
      if (decoded % 20 === 0) this.#setting.onProgress?.("pictures", decoded, this.#images.size);
      const { defects, hash } = await this.#look(state.path);
      if (hash !== undefined) {
        const same = sameFile.get(hash);
        if (same) same.push(picture);
        else sameFile.set(hash, [picture]);
      }
      for (const code of defects) {
        const own = found.get(code) ?? { count: 0, rows: [], shown: [] };
        found.set(code, own);
        own.count++;
        if (own.rows.length < MAX_ROWS) own.rows.push(this.#placeOf(picture));
        if (own.shown.length < 3) own.shown.push(name);
      }
    }
    if (this.#images.size > 0)
      this.#said.push(
        this.#setting.pictures === undefined
          ? `${counted(this.#images.size, "picture")} named; none was opened without --pictures.`
          : `${counted(decoded, "picture")} of ${this.#images.size.toLocaleString("en")} opened; the others are not in the folder.`,
      );
    return [
      ...[...found].map(([code, { count, rows, shown }]): Finding => {
        const { severity, what } = DEFECTS[code];
        const verb = count === 1 ? what.replace(/^have/, "has").replace(/^are/, "is") : what;
        return {
          code,
          severity,
          feature: "pictures",
          split: "all",
          strength: count / decoded,
          interval: null,
          rows,
          sentence: `${counted(count, "picture")} of ${decoded.toLocaleString("en")} (${percent(count / decoded)}) ${verb}: ${shown.join(", ")}${count > shown.length ? ", ..." : ""}.`,
          remedy: REMEDIES[code],
        };
      }),
      ...this.#manyTexts([...sameFile.values()]),
    ];
  }

  account(): readonly string[] {
    return this.#said;
  }

  async #look(
    path: string,
  ): Promise<{ readonly defects: DefectOfPicture[]; readonly hash: string | undefined }> {
    let hash: string | undefined;
    try {
      const bytes = await readPictureFile(path);
      if (bytes === undefined) return { defects: [], hash }; // removed meanwhile
      hash = createHash("sha256").update(bytes).digest("base64");
      const { width, height, spread } = lookAt(await decodePicture(bytes, { place: path }));
      const defects: DefectOfPicture[] = [];
      if (Math.min(width, height) < LEAST_SIDE) defects.push("picture/tiny");
      if (spread < LEAST_SPREAD) defects.push("picture/flat");
      if (Math.max(width / height, height / width) > MOST_ASPECT) defects.push("picture/extreme-aspect");
      return { defects, hash };
    } catch (error) {
      if (isPictureFault(error)) return { defects: ["picture/undecodable"], hash };
      throw error;
    }
  }

  /** Pictures beside many texts; files with the same bytes are one picture. */
  #manyTexts(sameFile: readonly (readonly number[])[]): Finding[] {
    const grouped = new Set(sameFile.flatMap((pictures) => (pictures.length > 1 ? pictures : [])));
    const groups: (readonly number[])[] = sameFile.filter(({ length }) => length > 1);
    for (let picture = 0; picture < this.#images.size; picture++)
      if (!grouped.has(picture) && this.#texts.at(picture) >= MANY_TEXTS) groups.push([picture]);
    const of = (counts: CountList, pictures: readonly number[]) =>
      pictures.reduce((sum, picture) => sum + counts.at(picture), 0);
    const many = groups
      .map((pictures) => ({
        pictures,
        texts: of(this.#texts, pictures),
        posts: of(this.#documents, pictures),
      }))
      .filter(({ texts }) => texts >= MANY_TEXTS)
      .sort((a, b) => b.texts - a.texts);
    const [most] = many;
    if (most === undefined) return [];
    const posts = many.reduce((sum, one) => sum + one.posts, 0);
    let all = 0;
    for (let picture = 0; picture < this.#documents.length; picture++) all += this.#documents.at(picture);
    return [
      {
        code: "picture/many-texts",
        severity: posts >= 0.01 * all ? "warning" : "note",
        feature: "pictures",
        split: "all",
        strength: posts / all,
        interval: null,
        rows: many
          .flatMap(({ pictures }) => pictures.map((picture) => this.#placeOf(picture)))
          .slice(0, MAX_ROWS),
        sentence: `${counted(many.length, "picture occurs", "pictures occur")} with ${MANY_TEXTS} or more different texts each (${percent(posts / all)} of all posts with a picture), ${this.#images.at(most.pictures[0] ?? 0)} with ${most.texts.toLocaleString("en")}.`,
        remedy: REMEDIES["picture/many-texts"],
      },
    ];
  }

  #placeOf(picture: number): RowReference {
    const file = this.#setting.files[this.#file.at(picture)]?.path ?? "";
    return { file, row: this.#row.at(picture), id: this.#ids.at(this.#id.at(picture)) };
  }
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
