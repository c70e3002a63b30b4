// Compares splits document by document, without keeping documents: exact indexes of ids and pictures, 64-bit hashes of texts and questions.
import { CountList } from "../base/count-list.ts";
import { HashedKeys } from "../base/hashed-keys.ts";
import { StringIndex } from "../base/string-index.ts";
import { comparableText } from "./comparable-text.ts";
import { type Defect, defect, quote } from "./defects.ts";
import { type Document, type DocumentId, type ImageName, questionKey } from "./document.ts";

/** Overlap of two splits. */
export interface SplitOverlap {
  readonly a: string;
  readonly b: string;
  readonly ids: readonly DocumentId[];
  readonly images: readonly ImageName[];
  /** Distinct texts in both. */
  readonly texts: readonly string[];
  /** Distinct texts of the second split that equal one in the first up to white space, case and the form of accents. */
  readonly similarTexts: number;
  /** (sentence, head, tail) triples in both. */
  readonly questions: number;
  /** Triples with different relations: `data/conflicting-labels`, at the document of the second split. */
  readonly conflicts: readonly Defect[];
  /** How many there are; the lists may be shorter. */
  readonly counts: Readonly<Record<"ids" | "images" | "texts" | "conflicts", number>>;
}

/** What is kept of a split: some 100 bytes a document. */
class SplitRecord {
  readonly ids = new StringIndex();
  readonly images = new StringIndex();
  readonly texts = new HashedKeys();
  readonly comparableTexts = new HashedKeys();
  readonly questions = new HashedKeys();
  /** For each question the number of its set of labels, and of its first document's id. */
  readonly labels = new CountList();
  readonly documents = new CountList();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What the current split shares with an earlier one so far. */
interface Shared {
  readonly earlier: SplitRecord;
  readonly ids: string[];
  readonly images: string[];
  readonly texts: string[];
  readonly counts: { ids: number; images: number; texts: number };
  similarTexts: number;
  questions: number;
  /** For each question of the current split the number of the earlier one plus 1; 0: there is none. */
  readonly answered: CountList;
}

/** Sees splits one after another, each document once. */
export class SplitComparison {
  readonly #listed: number;
  readonly #splits: SplitRecord[] = [];
  readonly #overlaps: { readonly at: readonly [number, number]; readonly overlap: SplitOverlap }[] = [];
  /** Sets of labels, as JSON lists in order of appearance. */
  readonly #labelSets = new StringIndex();
  #current: SplitRecord | undefined;
  #shared: Shared[] = [];

  /** @param listed how many ids, names and texts an overlap lists at most; its counts are of all */
  constructor({ listed = Number.POSITIVE_INFINITY }: { readonly listed?: number } = {}) {
    this.#listed = listed;
  }

  /** Begins the next split. */
  begin(name: string): void {
    this.#finish();
    this.#current = new SplitRecord(name);
    this.#shared = this.#splits.map((earlier) => ({
      earlier,
      ids: [],
      images: [],
      texts: [],
      counts: { ids: 0, images: 0, texts: 0 },
      similarTexts: 0,
      questions: 0,
      answered: new CountList(),
    }));
  }

  /** Sees a document of the split that was begun last. */
  see(document: Document): void {
    const split = this.#current;
    if (split === undefined) throw new Error("begin a split before its first document");
    const { id, image, text } = document;
    const isNewId = split.ids.size === split.ids.add(id);
    if (isNewId) this.#share("ids", id);
    if (image !== undefined && split.images.size === split.images.add(image)) this.#share("images", image);
    if (split.texts.size === split.texts.add(text)) this.#seeText(text, split);
    for (const relation of document.relations)
      this.#seeAnswer(questionKey(document, relation), relation.label, id, split);
  }

  /** Every pair of splits, in their order. */
  overlaps(): readonly SplitOverlap[] {
    this.#finish();
    return this.#overlaps
      .sort(({ at: a }, { at: b }) => a[0] - b[0] || a[1] - b[1])
      .map(({ overlap }) => overlap);
  }

  #share(kind: "ids" | "images" | "texts", value: string): void {
    for (const shared of this.#shared) {
      if (!shared.earlier[kind].has(value)) continue;
      shared.counts[kind]++;
      if (shared[kind].length < this.#listed) shared[kind].push(value);
    }
  }

  #seeText(text: string, split: SplitRecord): void {
    const comparable = comparableText(text);
    split.comparableTexts.add(comparable);
    this.#share("texts", text);
    for (const shared of this.#shared) {
      const { texts, comparableTexts } = shared.earlier;
      if (comparableTexts.has(comparable) && !texts.has(text)) shared.similarTexts++;
    }
  }

  #seeAnswer(key: string, label: string, id: string, split: SplitRecord): void {
    const { size } = split.questions;
    const question = split.questions.add(key);
    const isNew = question === size;
    const before = isNew ? [] : this.#labelsOf(split, question);
    if (!before.includes(label))
      split.labels.set(question, this.#labelSets.add(JSON.stringify([...before, label])));
    if (!isNew) return;
    split.documents.set(question, split.ids.find(id) ?? 0); // added above
    for (const shared of this.#shared) {
      const earlier = shared.earlier.questions.find(key);
      if (earlier === undefined) continue;
      shared.questions++;
      shared.answered.set(question, earlier + 1);
    }
  }

  #labelsOf(split: SplitRecord, question: number): string[] {
    return JSON.parse(this.#labelSets.at(split.labels.at(question))) as string[]; // written by #seeAnswer
  }

  /** Concludes the current split: its questions have all their answers now. */
  #finish(): void {
    const split = this.#current;
    if (split === undefined) return;
    for (const [at, shared] of this.#shared.entries()) {
      const { earlier, ids, images, texts, counts, similarTexts, questions } = shared;
      const { conflicts, all } = this.#conflicts(split, shared);
      const overlap: SplitOverlap = {
        a: earlier.name,
        b: split.name,
        ids,
        images,
        texts,
        similarTexts,
        questions,
        conflicts,
        counts: { ...counts, conflicts: all },
      };
      this.#overlaps.push({ at: [at, this.#splits.length], overlap });
    }
    this.#splits.push(split);
    this.#current = undefined;
    this.#shared = [];
  }

  #conflicts(split: SplitRecord, { earlier, answered }: Shared) {
    const conflicts: Defect[] = [];
    let all = 0;
    for (let question = 0; question < answered.length; question++) {
      const other = answered.at(question) - 1;
      if (other < 0) continue;
      if (split.labels.at(question) === earlier.labels.at(other)) continue;
      const [labels, before] = [this.#labelsOf(split, question), this.#labelsOf(earlier, other)];
      if (labels.length === before.length && labels.every((label) => before.includes(label))) continue;
      all++;
      if (conflicts.length >= this.#listed) continue;
      const [here, there] = [labels.join(", "), before.join(", ")];
      const first = quote(earlier.ids.at(earlier.documents.at(other)));
      const message = `relation ${quote(here)}, but ${first} in ${earlier.name} has the same sentence, head and tail with ${quote(there)}`;
      const place = `${split.name}:${split.ids.at(split.documents.at(question))}`;
      conflicts.push(
        defect("data/conflicting-labels", place, message, { [earlier.name]: there, [split.name]: here }),
      );
    }
    return { conflicts, all };
  }
}
