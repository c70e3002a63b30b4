// Keeps the fields of posts and documents that the format does not have: they move to meta, and each is named once per file.
import { counted } from "../base/counted.ts";
import { isSlip } from "../base/nearest.ts";
import { unknownField } from "../base/schema-issues.ts";
import { type Defect, defect } from "./defects.ts";
import { UnreadFields } from "./unread-fields.ts";

/** Fields whose loss would go unnoticed: a name that is nearly one of them is a mistake, not a field of its own. */
const MEANT = ["image", "entities", "relations"];
/** What relata reads in meta: a field of the same name means something else. */
const RESERVED = new Set(["tokens", "offsets", "boxes", "extraction"]);
/** Other names for a post's picture. Only `picture` is certain enough to be read as one. */
const PICTURE = "picture";
const LIKE_PICTURE = new Set(
  "photo photos pictures img image_path image_file image_name image_url image_id img_path img_id picture_path filename file_name".split(
    " ",
  ),
);

/** What became of the extra fields of one row. */
export interface SortedFields {
  /** The fields of the format, with the others in `meta`. */
  readonly fields: Record<string, unknown>;
  /** Misspelt fields; the row cannot be used. */
  readonly defects: readonly Defect[];
}

/** Collects the extra fields of a file. */
export class ExtraFields {
  readonly #kept = new UnreadFields();
  #keptPlace: string | undefined;
  #pictures = 0;
  #picturePlace: string | undefined;

  /**
   * Moves the fields that are not in `known` to `meta`. A name that meta has already, or that relata reads there, gets an underscore.
   *
   * @param fields without those that are null; undefined ones are absent too
   */
  sort(fields: Record<string, unknown>, known: object, place: string): SortedFields {
    const own = new Map(Object.entries(fields).filter(([, value]) => value !== undefined));
    if (typeof own.get(PICTURE) === "string" && !own.has("image")) {
      own.set("image", own.get(PICTURE));
      own.delete(PICTURE);
      this.#pictures++;
      this.#picturePlace ??= place;
    }
    const extra = [...own.keys()].filter((name) => !Object.hasOwn(known, name));
    const { meta = {} } = fields;
    const canKeep = typeof meta === "object" && meta !== null && !Array.isArray(meta); // another meta is a defect of its own
    const kept = new Map(canKeep ? Object.entries(meta) : []);
    const defects: Defect[] = [];
    for (const name of extra) {
      const value = own.get(name);
      own.delete(name);
      if (MEANT.some((meant) => Object.hasOwn(known, meant) && !own.has(meant) && isSlip(name, meant))) {
        defects.push(defect("data/unknown-field", place, unknownField(name, Object.keys(known)), name));
        continue;
      }
      kept.set(this.#keep(name, kept, own.has("image"), place), value);
    }
    const result = Object.fromEntries(own);
    if (canKeep && kept.size > 0) result.meta = Object.fromEntries(kept);
    return { fields: result, defects };
  }

  #keep(name: string, meta: ReadonlyMap<string, unknown>, hasImage: boolean, place: string): string {
    let free = name;
    while (RESERVED.has(free) || meta.has(free)) free += "_";
    const hint = LIKE_PICTURE.has(name.toLowerCase()) && !hasImage ? ' (did you mean "image"?)' : "";
    this.#kept.add(`${free === name ? name : `${name} as ${free}`}${hint}`);
    this.#keptPlace ??= place;
    return free;
  }

  /** The names of what is kept in meta, as text; undefined if there are none. */
  describe(): string | undefined {
    return this.#kept.describe();
  }

  /** Number of rows that name their picture in the field `picture`. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Reports for the whole file. */
  defects(): readonly Defect[] {
    const names = this.describe();
    return [
      ...(this.#keptPlace === undefined
        ? []
        : [defect("data/kept-in-meta", this.#keptPlace, `fields kept in meta: ${names}`, names)]),
      ...(this.#picturePlace === undefined
        ? []
        : [
            defect(
              "data/picture-field",
              this.#picturePlace,
              `the field picture is read as image (${counted(this.#pictures, "row")})`,
              this.#pictures,
            ),
          ]),
    ];
  }
}
