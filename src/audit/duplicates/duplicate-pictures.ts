// Pictures under different names that look the same, within and across splits.
import { counted } from "../../base/counted.ts";
import { readPicture } from "../../encoders/pictures/decode.ts";
import type { Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import { type Finding, MAX_ROWS, type RowReference } from "../finding.ts";
import { orderedPairs, pairName, percent, severityOfPair } from "../leaks/shares.ts";
import {
  areCopies,
  type CopyKind,
  type PictureHash,
  pictureHash,
  resemblesMirrored,
} from "./picture-hash.ts";

/** Pictures that are compared, each with all others; the first ones of the files. */
const MAX_PICTURES = 20_000;

/** Of the pictures with a copy that may be cut, the share up to which chance may explain them; above it only close copies count. */
const CHANCE_SHARE = 0.05;

/** Copies of pictures. */
export const duplicatePictures: CheckEntry = {
  name: "duplicate-pictures",
  about: "with --pictures: pictures under different names that look the same",
  create: (setting) => (setting.pictures === undefined ? undefined : new DuplicatePictures(setting)),
};

/** A picture and the first document of each split that names it. */
interface Named {
  readonly name: string;
  readonly places: Map<string, RowReference>;
  hash?: PictureHash;
  cluster: number;
}

class DuplicatePictures implements Check {
  readonly #setting: CheckSetting;
  readonly #pictures = new Map<string, Named>();
  readonly #counts = { further: 0, missing: 0, broken: 0 };
  #kind: CopyKind = "cut";

  constructor(setting: CheckSetting) {
    this.#setting = setting;
  }

  see({ document: { image }, split, place }: SeenDocument): void {
    if (image === undefined) return;
    let named = this.#pictures.get(image);
    if (named === undefined) {
      if (this.#pictures.size >= MAX_PICTURES) {
        this.#counts.further++;
        return;
      }
      named = { name: image, places: new Map(), cluster: this.#pictures.size };
      this.#pictures.set(image, named);
    }
    if (!named.places.has(split)) named.places.set(split, place);
  }

  async findings(): Promise<Finding[]> {
    const { pictures, signal, onProgress, files } = this.#setting;
    const hashed: Named[] = [];
    for (const [at, named] of [...this.#pictures.values()].entries()) {
      signal?.throwIfAborted();
      if (at % 100 === 0) onProgress?.("pictures", at, this.#pictures.size);
      const found = pictures?.find(named.name);
      const outcome = found?.state === "found" ? await readPicture(found.path) : undefined;
      if (outcome?.state === "present") {
        named.hash = pictureHash(outcome.picture);
        hashed.push(named);
      } else this.#counts[outcome?.state === "broken" ? "broken" : "missing"]++;
    }
    this.#kind = join(hashed);
    return [
      ...orderedPairs(files).flatMap(([first, second]) => {
        const known = new Map<number, Named[]>();
        for (const named of hashed)
          if (named.places.has(first.split))
            known.set(named.cluster, [...(known.get(named.cluster) ?? []), named]);
        const own = hashed.filter(({ places }) => places.has(second.split));
        const copies = own.filter((named) => known.get(named.cluster)?.some((other) => other !== named));
        if (copies.length === 0) return [];
        const share = copies.length / own.length;
        const where = pairName(first.split, second.split);
        return [
          this.#finding(where, second.split, copies, share, severityOfPair(first, second, share), {
            one: `looks the same as another picture of ${first.split}`,
            several: `look the same as other pictures of ${first.split}`,
          }),
        ];
      }),
      ...files.flatMap(({ split }) => {
        const seen = new Set<number>();
        const own = hashed.filter(({ places }) => places.has(split));
        const copies = own.filter(({ cluster }) => {
          const again = seen.has(cluster);
          seen.add(cluster);
          return again;
        });
        if (copies.length === 0) return [];
        return [
          this.#finding(split, split, copies, copies.length / own.length, "note", {
            one: "looks the same as an earlier one with another name",
            several: "look the same as earlier ones with other names",
          }),
        ];
      }),
    ];
  }

  #finding(
    split: string,
    of: string,
    copies: readonly Named[],
    share: number,
    severity: Finding["severity"],
    words: { readonly one: string; readonly several: string },
  ): Finding {
    return {
      code: "leak/duplicate-picture",
      severity,
      feature: "picture",
      split,
      strength: share,
      interval: null,
      rows: copies.slice(0, MAX_ROWS).flatMap(({ places }) => places.get(of) ?? []),
      sentence: `${counted(copies.length, "picture")} (${percent(share)}) of ${of} ${copies.length === 1 ? words.one : words.several}.`,
      remedy: "Keep all posts with a picture in one split, and count a repeated picture once.",
    };
  }

  account(): string[] {
    const { further, missing, broken } = this.#counts;
    const left = [
      [missing, "are missing from the folder"],
      [broken, "cannot be read"],
    ] as const;
    const said = left
      .filter(([count]) => count > 0)
      .map(([count, why]) => `${count.toLocaleString("en")} ${why}`);
    return [
      `${counted(this.#pictures.size - missing - broken, "picture")} compared${said.length > 0 ? `; ${said.join(", ")}` : ""}${further > 0 ? `; ${counted(further, "document")} with further pictures left out` : ""}. ${UNFOUND[this.#kind]}`,
    ];
  }
}

const UNFOUND: Readonly<Record<CopyKind, string>> = {
  cut: "Copies that are mirrored, or cut by more than a twentieth of a side, are not found.",
  close:
    "Many resemble mirror images of others, as drawings from the same parts do, so only compressed and scaled copies were looked for, not cut ones.",
};

interface Hashed extends Named {
  readonly hash: PictureHash;
}

/** Gives pictures that look the same the same cluster, and says which copies were looked for. */
function join(pictures: readonly Named[]): CopyKind {
  const hashed = pictures.filter((one): one is Hashed => one.hash !== undefined);
  const pairs: [number, number][] = [];
  const [alike, byChance] = [new Set<number>(), new Set<number>()];
  for (const [i, { hash }] of hashed.entries()) {
    for (let j = 0; j < i; j++) {
      const other = hashed[j]!.hash; // below i
      if (areCopies(hash, other, "cut")) {
        pairs.push([j, i]);
        alike.add(i).add(j);
      }
      if (resemblesMirrored(hash, other)) byChance.add(i).add(j);
    }
  }
  const kind = byChance.size <= CHANCE_SHARE * alike.size ? "cut" : "close";
  for (const [j, i] of pairs) {
    const [first, second] = [hashed[j]!, hashed[i]!]; // the pairs' own
    if (first.cluster === second.cluster || !areCopies(first.hash, second.hash, kind)) continue;
    const [low, high] = [Math.min(first.cluster, second.cluster), Math.max(first.cluster, second.cluster)];
    for (const one of hashed) if (one.cluster === high) one.cluster = low;
  }
  return kind;
}
