// Describes one split: sees its documents one by one and keeps counts, tallies and compact indexes.
import { HashedKeys } from "../../base/hashed-keys.ts";
import { StringIndex } from "../../base/string-index.ts";
import type { Document, Entity } from "../../data/document.ts";
import type { ReadReport } from "../../data/report.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { MAX_PAIRS } from "../../extractors/pairs/candidate-pairs.ts";
import { TypePairCounter } from "../../extractors/pairs/type-constraints.ts";
import { languageOf } from "../texts/languages.ts";
import { writingOf } from "../texts/scripts.ts";
import type { EntityLabel, LabelShare, RelationLabel, SplitDescription } from "./description.ts";
import { LabelTally } from "./label-tally.ts";
import type { MeasuringEncoder } from "./measuring-encoder.ts";
import { MentionTable } from "./mention-table.ts";
import { MetaSurvey } from "./meta-survey.ts";
import { OrderSurvey } from "./order.ts";
import { Tally } from "./tally.ts";

/** The histograms that a page draws; too long for JSON. */
export interface SplitTallies {
  readonly words: Tally;
  readonly tokens: Tally;
  readonly entities: Tally;
  readonly relations: Tally;
}

const PROBABILITY_STEPS = 100; // probabilities are counted in hundredths

export class SplitDescriber {
  readonly tallies: SplitTallies = {
    words: new Tally(),
    tokens: new Tally(),
    entities: new Tally(),
    relations: new Tally(),
  };
  readonly #encoder: MeasuringEncoder | undefined;
  readonly #characters = new Tally();
  readonly #pairs = new Tally();
  readonly #texts = new HashedKeys();
  readonly #images = new StringIndex();
  readonly #entityLabels = new LabelTally();
  readonly #relationLabels = new LabelTally();
  readonly #categories = new LabelTally();
  readonly #mentions = new MentionTable();
  readonly #types = new Map<string, TypePairCounter>();
  readonly #scripts = new Map<string, number>();
  readonly #languages = new Map<string, number>();
  readonly #probabilities = { entities: new Tally(), relations: new Tally(), categories: new Tally() };
  readonly #meta = new MetaSurvey();
  readonly #order = new OrderSurvey();
  #documents = 0;
  #withPicture = 0;
  #annotatedPairs = 0;
  #beyondMost = 0;
  #mixedScripts = 0;

  /** @param encoder measures texts in its tokens, if given */
  constructor(encoder?: MeasuringEncoder) {
    this.#encoder = encoder;
  }

  see(document: Document): void {
    const { text, image, entities, relations, category } = document;
    this.#documents++;
    this.#texts.add(text);
    const words = tokensOf(document);
    this.tallies.words.add(words.length);
    this.#characters.add(text.length);
    if (this.#encoder) this.tallies.tokens.add(tokensIn(this.#encoder.tokenizer, words));
    if (image !== undefined) {
      this.#withPicture++;
      this.#images.add(image);
    }
    this.#seeEntities(document);
    this.#seeRelations(document);
    this.#seePairs(document);
    if (category !== undefined) this.#categories.see([category.label]);
    const writing = writingOf(text);
    if (writing.second !== undefined) this.#mixedScripts++;
    count(this.#scripts, writing.main ?? "no letters");
    count(this.#languages, languageOf(text, writing));
    for (const [kind, all] of [
      ["entities", entities],
      ["relations", relations],
      ["categories", category === undefined ? [] : [category]],
    ] as const) {
      for (const { probability } of all)
        if (probability !== undefined)
          this.#probabilities[kind].add(Math.round(probability * PROBABILITY_STEPS));
    }
    this.#meta.see(document);
    this.#order.see(document);
  }

  #seeEntities({ text, entities }: Document): void {
    this.tallies.entities.add(entities.length);
    this.#entityLabels.see(entities.map(({ label }) => label));
    for (const { start, end, label } of entities) this.#mentions.add(label, text.slice(start, end));
  }

  #seeRelations({ entities, relations }: Document): void {
    this.tallies.relations.add(relations.length);
    this.#relationLabels.see(relations.map(({ label }) => label));
    for (const { head, tail, label } of relations) {
      const types = this.#types.get(label) ?? new TypePairCounter();
      this.#types.set(label, types);
      types.add(entities[head]?.label ?? "", entities[tail]?.label ?? "", label); // readers refuse relations to entities that do not exist
    }
  }

  #seePairs({ entities, relations }: Document): void {
    const spans = new Map<string, number>();
    for (const entity of entities) count(spans, spanOf(entity));
    const different = entities.length;
    let pairs = different * (different - 1);
    for (const same of spans.values()) pairs -= same * (same - 1);
    this.#pairs.add(pairs);
    if (pairs > MAX_PAIRS) this.#beyondMost++;
    const annotated = new Set<string>();
    for (const { head, tail } of relations) {
      const [first, second] = [entities[head], entities[tail]];
      if (first && second && spanOf(first) !== spanOf(second)) annotated.add(`${head} ${tail}`);
    }
    this.#annotatedPairs += annotated.size;
  }

  /** The description so far. @param missing which picture names a folder lacks, if one is given */
  description(name: string, report: ReadReport, missing?: (image: string) => boolean): SplitDescription {
    const { source, format, guessed, accepted, rejected, leftOut, counts } = report;
    const mentions = this.#mentions.byLabel();
    const tokens = this.tallies.tokens.quantities();
    return {
      name,
      report: { source, format, guessed, accepted, rejected, leftOut, counts },
      documents: this.#documents,
      distinctTexts: this.#texts.size,
      words: this.tallies.words.quantities(),
      characters: this.#characters.quantities(),
      tokens: tokens &&
        this.#encoder && {
          ...tokens,
          encoder: this.#encoder.name,
          maxLength: this.#encoder.maxLength,
          longer: this.tallies.tokens.above(this.#encoder.maxLength),
        },
      pictures: {
        documents: this.#withPicture,
        distinct: this.#images.size,
        missing: missing && this.#missing(missing),
      },
      entities: {
        total: this.tallies.entities.total,
        perDocument: this.tallies.entities.quantities(),
        labels: this.#entityLabels.shares().map((share): EntityLabel => {
          const own = mentions.get(share.label);
          return {
            ...share,
            distinctMentions: own?.distinct ?? 0,
            ambiguousMentions: own?.ambiguous ?? 0,
            commonest: own?.commonest ?? [],
          };
        }),
        mentions: this.#mentions.account(),
      },
      relations: {
        total: this.tallies.relations.total,
        perDocument: this.tallies.relations.quantities(),
        labels: this.#relationLabels.shares().map((share) => this.#relationLabel(share)),
      },
      pairs: {
        total: this.#pairs.total,
        annotated: this.#annotatedPairs,
        unannotated: this.#pairs.total - this.#annotatedPairs,
        perDocument: this.#pairs.quantities(),
        documentsBeyondMost: this.#beyondMost,
      },
      categories: this.#categories.shares(),
      scripts: sorted(this.#scripts),
      mixedScripts: this.#mixedScripts,
      languages: sorted(this.#languages),
      probabilities: Object.fromEntries(
        Object.entries(this.#probabilities).flatMap(([kind, tally]) => {
          const found = tally.quantities();
          return found === undefined ? [] : [[kind, found]];
        }),
      ),
      ...this.#meta.account(),
      order: this.#order.account(),
    };
  }

  #relationLabel(share: LabelShare): RelationLabel {
    const pairs = this.#types.get(share.label)?.pairs() ?? [];
    return { ...share, types: pairs.map(({ head, tail, count }) => ({ head, tail, count })) };
  }

  #missing(isMissing: (image: string) => boolean): number {
    let missing = 0;
    for (let i = 0; i < this.#images.size; i++) if (isMissing(this.#images.at(i))) missing++;
    return missing;
  }
}

/** Number of tokens of a text, special tokens included; nothing is cut. */
function tokensIn(tokenizer: TextTokenizer, words: readonly { readonly text: string }[]): number {
  let total = tokenizer.prefixIds.length + tokenizer.suffixIds.length;
  for (const { text } of words) total += tokenizer.encodeWord(text).length;
  return total;
}

const spanOf = ({ start, end }: Entity) => `${start} ${end}`;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The most frequent first. */
function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}
