// Documents that a model reads only in part: longer than the encoder allows, or with more pairs than a relation model is asked about.
import { counted } from "../../base/counted.ts";
import { tokensOf } from "../../data/tokens.ts";
import { MAX_PAIRS } from "../../extractors/pairs/candidate-pairs.ts";
import type { Check, CheckEntry, SeenDocument } from "../check.ts";
import { type MeasuringEncoder, openEncoder } from "../describe/measuring-encoder.ts";
import type { Finding } from "../finding.ts";
import { SplitRows } from "../split-rows.ts";

/** Lengths of documents. */
export const lengths: CheckEntry = {
  name: "lengths",
  about:
    "texts longer than --encoder reads, and documents with more pairs than a relation model is asked about",
  create: async ({ encoder, maxLength }) =>
    new Lengths(encoder === undefined ? undefined : await openEncoder(encoder, maxLength)),
};

/** Share of documents from which what is cut moves scores. */
const MANY = 0.01;

class Lengths implements Check {
  readonly #encoder: MeasuringEncoder | undefined;
  readonly #documents = new Map<string, number>();
  readonly #long = new SplitRows();
  readonly #paired = new SplitRows();
  /** Entities, and those of them that lie behind the limit. */
  #entities = 0;
  #behind = 0;
  #longest = 0;

  constructor(encoder: MeasuringEncoder | undefined) {
    this.#encoder = encoder;
  }

  see(seen: SeenDocument): void {
    const { document, split } = seen;
    this.#documents.set(split, (this.#documents.get(split) ?? 0) + 1);
    const count = document.entities.length;
    if (document.relations.length > 0 && count * (count - 1) > MAX_PAIRS) this.#paired.add(seen);
    if (this.#encoder === undefined) return;
    const { tokenizer, maxLength } = this.#encoder;
    let total = tokenizer.prefixIds.length + tokenizer.suffixIds.length;
    let end = document.text.length; // of what is read
    for (const word of tokensOf(document)) {
      total += tokenizer.encodeWord(word.text).length;
      if (total > maxLength && end > word.start) end = word.start;
    }
    this.#entities += count;
    if (total <= maxLength) return;
    this.#long.add(seen);
    this.#longest = Math.max(this.#longest, total);
    this.#behind += document.entities.filter((entity) => entity.end > end).length;
  }

  findings(): Finding[] {
    const limit = this.#encoder?.maxLength ?? 0;
    const many = (split: string, count: number) => count >= MANY * (this.#documents.get(split) ?? 0);
    const share = (split: string, count: number) => count / (this.#documents.get(split) ?? count);
    return [
      ...this.#long.all().map(
        ({ split, count, rows }): Finding => ({
          code: "text/too-long",
          severity: many(split, count) ? "warning" : "note",
          feature: "tokens",
          split,
          strength: share(split, count),
          interval: null,
          rows,
          sentence: `${counted(count, "document")} of ${split} (${percent(share(split, count))}) ${count === 1 ? "has" : "have"} more than ${limit} tokens, the longest of all ${this.#longest.toLocaleString("en")}; ${percent(this.#behind / Math.max(1, this.#entities))} of all entities lie behind the limit.`,
          remedy:
            "Raise `training.maxLength` if the encoder allows it, or split long documents; entity models read them in windows when they extract.",
        }),
      ),
      ...this.#paired.all().map(
        ({ split, count, rows }): Finding => ({
          code: "pairs/too-many",
          severity: many(split, count) ? "warning" : "note",
          feature: "pairs of mentions",
          split,
          strength: share(split, count),
          interval: null,
          rows,
          sentence: `${counted(count, "document")} of ${split} (${percent(share(split, count))}) ${count === 1 ? "has" : "have"} more than ${MAX_PAIRS} ordered pairs of mentions, of which a relation model is asked about the ${MAX_PAIRS} nearest.`,
          remedy: "Split such documents into paragraphs, or raise the number of pairs when you extract.",
        }),
      ),
    ];
  }

  account(): readonly string[] {
    return this.#encoder === undefined
      ? ["Lengths in tokens were not compared with a limit: no --encoder."]
      : [];
  }
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
