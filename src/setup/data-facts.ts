// Reads the data files that a configuration names, and counts what decides its settings.
import type { Document } from "../data/document.ts";
import { type DocumentSet, readDocuments } from "../data/readers.ts";
import type { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import { pairRuleOf } from "../extractors/pairs/pair-rule.ts";
import { pairSetOf } from "../extractors/pairs/pair-set.ts";

/** What one data file holds. */
export interface DataFacts {
  readonly path: string;
  /** The format in which it was read. */
  readonly format: string;
  readonly documents: number;
  /** Rows that could not be used. */
  readonly rejected: number;
  /** Entities by label, the commonest first. */
  readonly entities: readonly LabelCount[];
  /** Relations by label, the commonest first. */
  readonly relations: readonly LabelCount[];
  /** Documents by category, the commonest first. */
  readonly categories: readonly LabelCount[];
  /** Names of pictures, each once. */
  readonly images: readonly string[];
  /** Whether every document asks about exactly one pair, as in MNRE: its other entities are not marked. */
  readonly pairsOnly: boolean;
  /** Pairs of mentions that a relation model is asked about in training, per different text that has any; 0 without relations. */
  readonly pairsPerText: number;
  /** Lengths of the texts, ascending: in tokens of the tokenizer if there is one, else in words. */
  readonly lengths: readonly number[];
}

export type LabelCount = readonly [label: string, count: number];

/** Texts that are enough to know how long texts are. */
const MEASURED_TEXTS = 5_000;

/**
 * Reads a file; the format is guessed from its content.
 *
 * @throws DataError the codes of `readDocuments`
 */
export async function readFacts(
  path: string,
  options: { readonly tokenizer?: TextTokenizer | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<DataFacts> {
  const set = await readDocuments(path, { format: "auto", signal: options.signal });
  const { documents, report } = set;
  const count = (labels: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  };
  return {
    path,
    format: report.format,
    documents: documents.length,
    rejected: report.rejected,
    entities: count(documents.flatMap(({ entities }) => entities.map(({ label }) => label))),
    relations: count(documents.flatMap(({ relations }) => relations.map(({ label }) => label))),
    categories: count(documents.flatMap(({ category }) => category?.label ?? [])),
    images: [...new Set(documents.flatMap(({ image }) => image ?? []))],
    pairsOnly: documents.length > 0 && documents.every(asksOnePair),
    pairsPerText: pairsPerText(set),
    lengths: documents
      .slice(0, MEASURED_TEXTS)
      .map(({ text }) => lengthOf(text, options.tokenizer))
      .sort((a, b) => a - b),
  };
}

function pairsPerText(set: DocumentSet): number {
  const rule = pairRuleOf("auto", 0, set);
  const asked = pairSetOf(set, { rule, split: "train" }).documents.filter(
    ({ relations }) => relations.length > 0,
  );
  const pairs = asked.reduce((sum, { relations }) => sum + relations.length, 0);
  const texts = new Set(asked.map(({ text, image }) => JSON.stringify([text, image])));
  return pairs / Math.max(1, texts.size);
}

function asksOnePair({ entities, relations }: Document): boolean {
  return entities.length === 2 && relations.length === 1;
}

function lengthOf(text: string, tokenizer: TextTokenizer | undefined): number {
  if (tokenizer === undefined) return text.split(/\s+/u).filter((word) => word !== "").length;
  return tokenizer.encodeText(text).ids.length - tokenizer.prefixIds.length - tokenizer.suffixIds.length;
}
