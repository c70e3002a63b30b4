// Texts that occur more than once, exactly or nearly, within and across splits.

import { CountList } from "../../base/count-list.ts";
import { counted } from "../../base/counted.ts";
import { GrowingNumbers } from "../../base/growing-array.ts";
import { hashOf } from "../../base/hash53.ts";
import { comparableText } from "../../data/comparable-text.ts";
import { MIN_WORDS, NEAR, nearClusters, type WordSource } from "../../data/near-texts/near-texts.ts";
import { WordArena } from "../../data/near-texts/word-arena.ts";
import type { AuditedFile, Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import { type Finding, MAX_ROWS, type RowReference } from "../finding.ts";
import { orderedPairs, pairName, percent, severityOfPair } from "../leaks/shares.ts";
import { recombined } from "./recombined-texts.ts";

/** Share of a split's documents from which repeated ones are a warning. */
const WARNING_SHARE = 0.05;

/** Exact and near duplicates of texts. */
export const duplicateTexts: CheckEntry = {
  name: "duplicate-texts",
  about: "texts that occur twice or nearly so, within and across splits",
  create: (setting) => new DuplicateTexts(setting),
};

/** Documents that repeat another one: their number, and the first of them. */
interface Repeats {
  count: number;
  readonly texts: Set<number>;
  readonly documents: number[];
}

class DuplicateTexts implements Check {
  readonly #setting: CheckSetting;
  readonly #splits = new Map<string, number>();
  /** Of each document: its text, its split, its question, its place. */
  readonly #text = new CountList();
  readonly #split = new CountList();
  readonly #question = new GrowingNumbers();
  readonly #places: RowReference[] = [];
  /** Of each distinct text. */
  readonly #texts = new Map<number, number>();
  readonly #arena = new WordArena();
  readonly #said: string[] = [];

  constructor(setting: CheckSetting) {
    this.#setting = setting;
    for (const { split } of setting.files) this.#splits.set(split, this.#splits.size);
  }

  see({ document, split, place }: SeenDocument): void {
    const text = comparableText(document.text);
    const hash = hashOf(text);
    let known = this.#texts.get(hash);
    if (known === undefined) {
      known = this.#texts.size;
      this.#texts.set(hash, known);
      this.#arena.add(text);
    }
    this.#text.push(known);
    this.#split.push(this.#splits.get(split) ?? 0);
    const spans = document.entities.map(({ start, end }) => `${start} ${end}`).sort();
    this.#question.push(hashOf(`${known}\n${document.image ?? ""}\n${spans.join("\n")}`));
    this.#places.push(place);
  }

  findings(): Finding[] {
    const { seed, onProgress } = this.#setting;
    const source: WordSource = this.#arena;
    const near = nearClusters(source, seed, (band) => onProgress?.("near duplicates", band, 16));
    const chance = nearClusters(recombined(source, seed), seed, (band) =>
      onProgress?.("what chance explains", band, 16),
    );
    const left =
      this.#arena.leftOut > 0
        ? ` ${counted(this.#arena.leftOut, "text")} came after the memory for words was full and were compared exactly only.`
        : "";
    this.#said.push(
      `${counted(source.size, "distinct text")}; near means that at least ${100 * NEAR} % of the words and pairs of neighbouring words of two texts are common, in texts of ${MIN_WORDS} words or more. Chance: the same count after the second halves of all texts were dealt out again.${left}`,
    );
    return [
      ...orderedPairs(this.#setting.files).flatMap(([first, second]) => [
        ...this.#across(first, second, "exact", this.#identity(), undefined),
        ...this.#across(first, second, "near", near, chance),
      ]),
      ...this.#setting.files.flatMap((file) => [
        ...this.#repeated(file),
        ...this.#within(file, near, chance),
      ]),
    ];
  }

  account(): string[] {
    return this.#said;
  }

  #identity(): Uint32Array {
    return Uint32Array.from({ length: this.#arena.size }, (_, i) => i);
  }

  /** Documents of the second split whose text is in a cluster with a text of the first; for near ones, without equal texts. */
  #across(
    first: AuditedFile,
    second: AuditedFile,
    kind: "exact" | "near",
    clusters: Uint32Array,
    chance: Uint32Array | undefined,
  ): Finding[] {
    const repeats = this.#shared(first, second, clusters, kind === "near");
    const byChance = chance === undefined ? 0 : this.#shared(first, second, chance, true).count;
    if (repeats.count === 0) return [];
    const documents = this.#count(second);
    const strength = Math.max(0, repeats.count - byChance) / documents;
    const what = kind === "exact" ? "the same text as" : "nearly the same text as";
    const explained = kind === "exact" ? "" : ` Chance explains about ${byChance} of them.`;
    return [
      {
        code: kind === "exact" ? "leak/duplicate-text" : "leak/near-duplicate-text",
        severity: severityOfPair(first, second, strength),
        feature: "text",
        split: pairName(first.split, second.split),
        strength,
        interval: null,
        rows: repeats.documents.map((document) => this.#places[document]!),
        sentence: `${counted(repeats.count, "document")} (${percent(repeats.count / documents)}) of ${second.split} ${repeats.count === 1 ? "has" : "have"} ${what} a document of ${first.split}: ${counted(repeats.texts.size, "text")}.${explained}`,
        remedy: "Keep all versions of a text in one split, or score without these documents.",
      },
    ];
  }

  #shared(first: AuditedFile, second: AuditedFile, clusters: Uint32Array, withoutEqual: boolean): Repeats {
    const [a, b] = [this.#splits.get(first.split), this.#splits.get(second.split)];
    const [text, split] = [this.#text.view(), this.#split.view()];
    const known = new Set<number>();
    const equal = new Set<number>();
    for (let i = 0; i < text.length; i++) {
      if (split[i] !== a) continue;
      known.add(clusters[text[i]!]!);
      if (withoutEqual) equal.add(text[i]!);
    }
    const repeats: Repeats = { count: 0, texts: new Set(), documents: [] };
    for (let i = 0; i < text.length; i++)
      if (split[i] === b && known.has(clusters[text[i]!]!) && !equal.has(text[i]!)) add(repeats, i, text[i]!);
    return repeats;
  }

  /** Documents of one split that are there twice: text, picture and spans. */
  #repeated({ split: name }: AuditedFile): Finding[] {
    const index = this.#splits.get(name);
    const [question, text, split] = [this.#question.view(), this.#text.view(), this.#split.view()];
    const seen = new Set<number>();
    const repeats: Repeats = { count: 0, texts: new Set(), documents: [] };
    for (let i = 0; i < question.length; i++) {
      if (split[i] !== index) continue;
      if (seen.has(question[i]!)) add(repeats, i, text[i]!);
      seen.add(question[i]!);
    }
    if (repeats.count === 0) return [];
    return [
      this.#withinFinding(
        name,
        "leak/duplicate-text",
        repeats,
        0,
        "is an earlier one again, with its picture and its mentions",
        "are earlier ones again, with their pictures and mentions",
      ),
    ];
  }

  /** Documents of one split whose text is nearly that of an earlier one. */
  #within({ split: name }: AuditedFile, near: Uint32Array, chance: Uint32Array): Finding[] {
    const repeats = this.#later(name, near);
    if (repeats.count === 0) return [];
    return [
      this.#withinFinding(
        name,
        "leak/near-duplicate-text",
        repeats,
        this.#later(name, chance).count,
        "has nearly the text of an earlier one",
        "have nearly the text of an earlier one",
      ),
    ];
  }

  #later(name: string, clusters: Uint32Array): Repeats {
    const index = this.#splits.get(name);
    const [text, split] = [this.#text.view(), this.#split.view()];
    const firstText = new Map<number, number>();
    const repeats: Repeats = { count: 0, texts: new Set(), documents: [] };
    for (let i = 0; i < text.length; i++) {
      if (split[i] !== index) continue;
      const cluster = clusters[text[i]!]!;
      const first = firstText.get(cluster);
      if (first === undefined) firstText.set(cluster, text[i]!);
      else if (first !== text[i]) add(repeats, i, text[i]!);
    }
    return repeats;
  }

  #withinFinding(
    split: string,
    code: Finding["code"],
    repeats: Repeats,
    byChance: number,
    one: string,
    several: string,
  ): Finding {
    const documents = this.#count({ split });
    const strength = Math.max(0, repeats.count - byChance) / documents;
    const chance = code === "leak/duplicate-text" ? "" : ` Chance explains about ${byChance} of them.`;
    return {
      code,
      severity: strength >= WARNING_SHARE ? "warning" : "note",
      feature: "text",
      split,
      strength,
      interval: null,
      rows: repeats.documents.map((document) => this.#places[document]!),
      sentence: `${counted(repeats.count, "document")} (${percent(repeats.count / documents)}) of ${split} ${repeats.count === 1 ? one : several}.${chance}`,
      remedy:
        "Count a repeated post once, and keep all versions of it in one split when you divide the data.",
    };
  }

  #count({ split: name }: Pick<AuditedFile, "split">): number {
    const index = this.#splits.get(name);
    return this.#split.view().reduce((sum, split) => sum + Number(split === index), 0);
  }
}

function add(repeats: Repeats, document: number, text: number): void {
  repeats.count++;
  repeats.texts.add(text);
  if (repeats.documents.length < MAX_ROWS) repeats.documents.push(document);
}
