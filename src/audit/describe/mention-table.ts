// The mentions of a split: how many different ones each label has, the commonest, and those that occur with several labels.
import { CountList } from "../../base/count-list.ts";
import { StringIndex } from "../../base/string-index.ts";

/** A mention, as it is written, and how often. */
export interface MentionCount {
  readonly text: string;
  readonly count: number;
}

/** What a label's entities say. */
export interface LabelMentions {
  /** Different mentions. */
  readonly distinct: number;
  /** The commonest first. */
  readonly commonest: readonly MentionCount[];
  /** Different mentions that other labels have too. */
  readonly ambiguous: number;
}

/** Mentions of all labels. */
export interface MentionAccount {
  readonly distinct: number;
  /** Different mentions with more than one label. */
  readonly ambiguous: number;
  /** Entities with such a mention. */
  readonly ambiguousEntities: number;
  /** The commonest ambiguous mentions, with their counts by label. */
  readonly examples: readonly { readonly text: string; readonly labels: Readonly<Record<string, number>> }[];
}

const SHOWN = 5;
const LONGEST = 200; // UTF-16 code units of a mention that are compared; longer ones are sentences

/** Counts mentions in exact indexes: some 60 bytes for each different mention. */
export class MentionTable {
  readonly #mentions = new StringIndex();
  /** Number of labels of each mention. */
  readonly #labelsOf = new CountList();
  readonly #labels = new Map<string, number>();
  /** Pairs of label and mention. */
  readonly #pairs = new StringIndex();
  readonly #counts = new CountList();
  readonly #mentionOf = new CountList();
  readonly #labelOf = new CountList();

  add(label: string, mention: string): void {
    let at = this.#labels.get(label);
    if (at === undefined) {
      at = this.#labels.size;
      this.#labels.set(label, at);
    }
    const text = mention.slice(0, LONGEST);
    const { size } = this.#pairs;
    const pair = this.#pairs.add(`${at} ${text}`);
    this.#counts.increment(pair);
    if (pair < size) return;
    const number = this.#mentions.add(text);
    this.#mentionOf.push(number);
    this.#labelOf.push(at);
    this.#labelsOf.increment(number);
  }

  /** For each label its mentions, in order of appearance. */
  byLabel(): ReadonlyMap<string, LabelMentions> {
    const [distinct, ambiguous] = [new CountList(), new CountList()];
    const commonest = [...this.#labels].map(() => new Commonest(SHOWN));
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      const label = this.#labelOf.at(pair);
      distinct.increment(label);
      if (this.#labelsOf.at(this.#mentionOf.at(pair)) > 1) ambiguous.increment(label);
      commonest[label]?.see(pair, this.#counts.at(pair));
    }
    return new Map(
      [...this.#labels].map(([label, at]) => [
        label,
        {
          distinct: distinct.at(at),
          commonest: (commonest[at]?.sorted() ?? []).map(({ item, count }) => ({
            text: this.#mentions.at(this.#mentionOf.at(item)),
            count,
          })),
          ambiguous: ambiguous.at(at),
        },
      ]),
    );
  }

  account(): MentionAccount {
    const totals = new CountList(); // entities of each ambiguous mention
    const commonest = new Commonest(SHOWN);
    let [ambiguous, ambiguousEntities] = [0, 0];
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      const mention = this.#mentionOf.at(pair);
      if (this.#labelsOf.at(mention) < 2) continue;
      totals.increment(mention, this.#counts.at(pair));
      ambiguousEntities += this.#counts.at(pair);
    }
    for (let mention = 0; mention < this.#mentions.size; mention++) {
      if (this.#labelsOf.at(mention) < 2) continue;
      ambiguous++;
      commonest.see(mention, totals.at(mention));
    }
    const examples = commonest.sorted().map(({ item }) => {
      const text = this.#mentions.at(item);
      const labels = [...this.#labels].flatMap(([label, at]) => {
        const pair = this.#pairs.find(`${at} ${text}`);
        return pair === undefined ? [] : [[label, this.#counts.at(pair)] as const];
      });
      return { text, labels: Object.fromEntries(labels.sort(([, a], [, b]) => b - a)) };
    });
    return { distinct: this.#mentions.size, ambiguous, ambiguousEntities, examples };
  }
}

/** The items with the highest counts; of equal counts the first seen. */
class Commonest {
  readonly #most: number;
  readonly #items: { readonly item: number; readonly count: number }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  see(item: number, count: number): void {
    const least = this.#items.at(-1);
    if (this.#items.length === this.#most && least !== undefined && least.count >= count) return;
    this.#items.push({ item, count });
    this.#items.sort((a, b) => b.count - a.count); // stable, and of six at most
    if (this.#items.length > this.#most) this.#items.pop();
  }

  sorted(): readonly { readonly item: number; readonly count: number }[] {
    return this.#items;
  }
}
