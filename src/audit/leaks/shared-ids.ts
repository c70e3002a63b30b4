// Documents of two splits that have the same id or name the same picture: the same post on both sides.

import { CountList } from "../../base/count-list.ts";
import { counted } from "../../base/counted.ts";
import { GrowingNumbers } from "../../base/growing-array.ts";
import { hashOf } from "../../base/hash53.ts";
import type { AuditedFile, Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import { type Finding, MAX_ROWS, type RowReference } from "../finding.ts";
import { isNumberedId } from "../numbered-id.ts";
import { orderedPairs, pairName, percent, severityOfPair } from "./shares.ts";

/** Ids and picture names that several splits share. */
export const sharedIds: CheckEntry = {
  name: "shared-ids",
  about: "ids and picture names that two splits share",
  create: (setting) => (setting.files.length < 2 ? undefined : new SharedIds(setting)),
};

/** Stands for a document without a name. */
const NONE = -1;

class SharedIds implements Check {
  readonly #files: readonly AuditedFile[];
  readonly #split = new CountList();
  readonly #names = { id: new GrowingNumbers(), picture: new GrowingNumbers() };
  readonly #places: RowReference[] = [];

  constructor({ files }: CheckSetting) {
    this.#files = files;
  }

  see({ document, split, place, index }: SeenDocument): void {
    this.#split.push(this.#files.findIndex((file) => file.split === split));
    const made = isNumberedId(document.id, place.file, index);
    this.#names.id.push(made ? NONE : hashOf(document.id));
    this.#names.picture.push(document.image === undefined ? NONE : hashOf(document.image));
    this.#places.push(place);
  }

  findings(): Finding[] {
    return orderedPairs(this.#files).flatMap(([first, second]) =>
      (["id", "picture"] as const).flatMap((kind) => this.#shared(kind, first, second)),
    );
  }

  #shared(kind: "id" | "picture", first: AuditedFile, second: AuditedFile): Finding[] {
    const [names, split] = [this.#names[kind].view(), this.#split.view()];
    const [a, b] = [this.#files.indexOf(first), this.#files.indexOf(second)];
    const known = new Set<number>();
    for (let i = 0; i < names.length; i++) if (split[i] === a && names[i] !== NONE) known.add(names[i]!);
    const rows: RowReference[] = [];
    let [count, all] = [0, 0];
    for (let i = 0; i < names.length; i++) {
      if (split[i] !== b) continue;
      all++;
      if (!known.has(names[i]!)) continue;
      count++;
      if (rows.length < MAX_ROWS) rows.push(this.#places[i]!);
    }
    if (count === 0) return [];
    const what = kind === "id" ? "an id" : "a picture";
    return [
      {
        code: kind === "id" ? "leak/shared-id" : "leak/shared-picture",
        severity: severityOfPair(first, second, count / all),
        feature: kind,
        split: pairName(first.split, second.split),
        strength: count / all,
        interval: null,
        rows,
        sentence: `${counted(count, "document")} (${percent(count / all)}) of ${second.split} ${count === 1 ? "has" : "have"} ${what} that ${first.split} has too.`,
        remedy: "Keep each post in one split only, or score without these documents.",
      },
    ];
  }
}
