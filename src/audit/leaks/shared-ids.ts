// Documents of two splits that have the same id or name the same picture: the same post on both sides.
import { counted } from "../../base/counted.ts";
import { isNumberedId } from "../numbered-id.ts";
import type { Check, CheckEntry, SeenDocument } from "../check.ts";
import type { Finding, RowReference } from "../finding.ts";
import { MAX_ROWS } from "../finding.ts";
import { pairName, severityOfShare } from "./shares.ts";

/** Ids and picture names that several splits share. */
export const sharedIds: CheckEntry = {
  name: "shared-ids",
  about: "ids and picture names that two splits share",
  create: () => new SharedIds(),
};

/** What one pair of splits shares. */
interface Shared {
  readonly rows: RowReference[];
  count: number;
}

const KINDS = ["id", "picture"] as const;

class SharedIds implements Check {
  /** The split that first used a name, by kind and name. */
  readonly #first = { id: new Map<string, string>(), picture: new Map<string, string>() };
  readonly #shared = { id: new Map<string, Shared>(), picture: new Map<string, Shared>() };
  readonly #documents = new Map<string, number>();

  see({ document, split, place, index }: SeenDocument): void {
    this.#documents.set(split, (this.#documents.get(split) ?? 0) + 1);
    if (!isNumberedId(document.id, place.file, index)) this.#note("id", document.id, split, place);
    if (document.image !== undefined) this.#note("picture", document.image, split, place);
  }

  #note(kind: (typeof KINDS)[number], name: string, split: string, place: RowReference): void {
    const first = this.#first[kind].get(name);
    if (first === undefined) this.#first[kind].set(name, split);
    if (first === undefined || first === split) return;
    const key = pairName(first, split);
    const shared = this.#shared[kind].get(key) ?? { rows: [], count: 0 };
    this.#shared[kind].set(key, shared);
    shared.count++;
    if (shared.rows.length < MAX_ROWS) shared.rows.push(place);
  }

  findings(): Finding[] {
    return KINDS.flatMap((kind) =>
      [...this.#shared[kind]].map(([split, { rows, count }]): Finding => {
        const second = split.slice(split.indexOf(" / ") + 3);
        const strength = count / (this.#documents.get(second) ?? count);
        const what = kind === "id" ? "an id" : "a picture";
        return {
          code: kind === "id" ? "leak/shared-id" : "leak/shared-picture",
          severity: severityOfShare(strength),
          feature: kind,
          split,
          strength,
          interval: null,
          rows,
          sentence: `${counted(count, "document")} (${(100 * strength).toFixed(1)} %) of ${second} ${count === 1 ? "has" : "have"} ${what} that is also in ${split.slice(0, split.indexOf(" / "))}.`,
          remedy: "Keep each post in one split only, or score without these documents.",
        };
      }),
    );
  }
}
