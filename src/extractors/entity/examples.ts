// Turns documents into entity model examples: tokens with one tag each, and the picture's features.

import { TrainingError } from "../../base/errors.ts";
import type { Document, Entity } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { TagScheme, WordSpan } from "../../models/tagging/tag-scheme.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import { meanProbability, type WeightedExample } from "../shared/label-weights.ts";
import { wordRange, wordsOf } from "../shared/words.ts";
import type { TextWindow } from "./windows.ts";

/** A text, or a window of one, in the model's form. */
export interface EntityExample extends WeightedExample {
  readonly id: string;
  readonly input: TextWindow;
  /** One tag per token; undefined for prediction only. */
  readonly tags: readonly number[] | undefined;
  /** Undefined: the document has no usable picture. */
  readonly visual: VisualFeatures | undefined;
}

export interface EntityExampleOptions {
  readonly tokenizer: TextTokenizer;
  readonly scheme: TagScheme;
  readonly maxLength: number;
  /** Cut over-long texts at the end and count them, or refuse them. */
  readonly truncation: "report" | "error";
}

/** What training could not use. */
export interface EntityExampleReport {
  readonly truncated: number;
  readonly tokensCut: number;
  /** Entities that overlap another one or contain no token: a tag sequence cannot express them. */
  readonly untaggable: number;
}

/**
 * Builds one training example per document.
 *
 * @throws EncoderError `encoder/text-too-long` with truncation "error"; the codes of `TagScheme.encode`
 */
export function entityExamples(
  documents: readonly Document[],
  options: EntityExampleOptions,
  visualOf: (document: Document) => VisualFeatures | undefined,
): { readonly examples: readonly EntityExample[]; readonly report: EntityExampleReport } {
  const { tokenizer, scheme, maxLength, truncation } = options;
  let truncated = 0;
  let tokensCut = 0;
  let untaggable = 0;
  const examples = documents.map((document): EntityExample => {
    const words = wordsOf(document, tokenizer);
    const { ids, wordIndex, ...encoding } = tokenizer.encodeWords(words, {
      maxLength,
      overlong: truncation === "report" ? "truncate" : "error",
    });
    if (encoding.truncated) {
      truncated++;
      tokensCut += encoding.truncated.tokens;
    }
    const ranges = document.entities.map((entity) => {
      const range = wordRange(words, entity);
      return range && { start: range[0], end: range[1], label: entity.label };
    });
    const { kept, dropped } = withoutOverlap(ranges.filter((range) => range !== undefined));
    const within = encoding.truncated ? kept.filter(({ start }) => start < lastWord(wordIndex)) : kept;
    const wordless = ranges.filter((range) => range === undefined).length;
    untaggable += wordless + dropped + scheme.withoutTokens(wordIndex, within).length;
    const tags = scheme.encode(wordIndex, within);
    const probability = meanProbability(document.entities);
    return {
      id: document.id,
      input: { ids, wordIndex },
      tags,
      visual: visualOf(document),
      ...(probability === undefined ? {} : { probability }),
    };
  });
  return { examples, report: { truncated, tokensCut, untaggable } };
}

/** Entities of a document that overlap a longer one or contain no word: tags cannot express them, whatever the tokenizer. */
export function untaggableEntities(document: Document): number {
  const words = wordsOf(document);
  const ranges = document.entities.flatMap((entity) => {
    const range = wordRange(words, entity);
    return range ? [{ start: range[0], end: range[1], label: entity.label }] : [];
  });
  return document.entities.length - withoutOverlap(ranges).kept.length;
}

/** Index after the last word that has a token. */
function lastWord(wordIndex: readonly number[]): number {
  return wordIndex.reduce((last, word) => Math.max(last, word), -1) + 1;
}

/** Keeps entities that do not overlap, in text order: the longer of two that overlap, or the first if they are equally long. */
function withoutOverlap(entities: readonly WordSpan[]): {
  readonly kept: readonly WordSpan[];
  readonly dropped: number;
} {
  const bySize = [...entities].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const taken = new Set<number>();
  const kept: WordSpan[] = [];
  for (const entity of bySize) {
    // Entities kept earlier are at least as long, so one that overlaps covers an end of this one.
    if (taken.has(entity.start) || taken.has(entity.end - 1)) continue;
    for (let word = entity.start; word < entity.end; word++) taken.add(word);
    kept.push(entity);
  }
  return { kept: kept.sort((a, b) => a.start - b.start), dropped: entities.length - kept.length };
}

/** Returns the entity types of documents, sorted by name. */
export function entityTypesOf(documents: readonly Document[]): readonly string[] {
  const types = new Set(documents.flatMap(({ entities }) => entities.map(({ label }: Entity) => label)));
  return [...types].sort();
}

/** The type of most entities of a labelled example, of equally frequent ones the first in the text; "None" without an entity. */
export function dominatingType(example: EntityExample, { tags }: Pick<TagScheme, "tags">): string {
  const counts = new Map<string, number>();
  for (const tag of tagsOf(example)) {
    const name = tags[tag]!; // an index into the tags
    if (!name.startsWith(BEGIN)) continue;
    const type = name.slice(BEGIN.length);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0] ?? NONE_LABEL;
}

/** How the tag of an entity's first word begins. */
const BEGIN = "B-";

/** Returns the tags of a labelled example. @throws TrainingError `training/missing-label`. */
export function tagsOf({ id, tags }: EntityExample): readonly number[] {
  if (tags !== undefined) return tags;
  throw new TrainingError({
    code: "training/missing-label",
    message: `the example '${id}' has no tags`,
    place: id,
    remedy: "Train on labelled documents only.",
  });
}
