// Words as rows of a tagger: what the frozen encoder says about a word, how it and its neighbours are written, and the tag.

import type { Document, Entity } from "../../data/document.ts";
import type { Word } from "../../encoders/tokenizing/words.ts";
import { wordRange } from "../../extractors/shared/words.ts";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import type { FoldedRows } from "./ridge-folds.ts";
import type { EncodedDocument } from "./word-states.ts";

/** An annotated entity as a range of words. */
export interface AnnotatedEntity {
  /** Index among the document's entities. */
  readonly entity: number;
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** The words of documents as rows, document after document. */
export interface EntityRows extends FoldedRows {
  readonly scheme: TagScheme;
  /** For each document, the row of its first word. */
  readonly firstRow: readonly number[];
  /** For each document, the entities that tags can express: no word belongs to two of them. */
  readonly annotated: readonly (readonly AnnotatedEntity[])[];
}

/** @param foldOfDocument the fold of each document */
export function entityRows(
  documents: readonly Document[],
  encoded: readonly EncodedDocument[],
  foldOfDocument: readonly number[],
  folds: number,
): EntityRows {
  const types = [...new Set(documents.flatMap(({ entities }) => entities.map(({ label }) => label)))].sort();
  const scheme = new TagScheme(types, "inside");
  const annotated = documents.map(({ entities }, d) => withoutOverlap(entities, encoded[d]!.words));
  const firstRow: number[] = [];
  const documentOf: number[] = [];
  for (const [d, { words }] of encoded.entries()) {
    firstRow.push(documentOf.length);
    for (const _ of words) documentOf.push(d);
  }
  const tags = new Uint16Array(documentOf.length);
  for (const [d, entities] of annotated.entries()) {
    for (const { start, end, label } of entities) {
      const type = scheme.typeIndex(label);
      for (let word = start; word < end; word++) {
        tags[firstRow[d]! + word] = word === start ? scheme.begin(type) : scheme.inside(type);
      }
    }
  }
  const one = encoded.find(({ words }) => words.length > 0);
  const width = one === undefined ? 0 : one.states.length / one.words.length;
  const spellings = encoded.map(({ words }) => words.map(spellingOf));
  return {
    scheme,
    firstRow,
    annotated,
    folds,
    rows: documentOf.length,
    classes: scheme.tags.length,
    width: width + 3 * SPELLINGS,
    classOf: (row) => tags[row]!,
    foldOf: (row) => foldOfDocument[documentOf[row]!]!,
    write(row, into) {
      const d = documentOf[row]!;
      const { words, states } = encoded[d]!;
      const at = row - firstRow[d]!;
      into.fill(0);
      into.set(states.subarray(at * width, (at + 1) * width));
      for (const [slot, word] of [at, at - 1, at + 1].entries()) {
        if (word < 0 || word >= words.length) continue;
        into.set(spellings[d]![word]!, width + slot * SPELLINGS);
      }
    },
  };
}

/** Longer entities first, as in training; one that shares a word with a longer one, or has no word, is left out. */
function withoutOverlap(entities: readonly Entity[], words: readonly Word[]): AnnotatedEntity[] {
  const ranges = entities.flatMap((entity, i) => {
    const range = wordRange(words, entity);
    return range === undefined ? [] : [{ entity: i, start: range[0], end: range[1], label: entity.label }];
  });
  const taken = new Set<number>();
  const kept = ranges
    .sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)
    .filter(({ start, end }) => {
      const own = Array.from({ length: end - start }, (_, i) => start + i);
      if (own.some((word) => taken.has(word))) return false;
      for (const word of own) taken.add(word);
      return true;
    });
  return kept.sort((a, b) => a.start - b.start);
}

/** How a word is written, which uncased encoders do not see. */
function spellingOf({ text }: Word): Float32Array {
  const flags = [
    /^\p{Lu}/u.test(text), // begins with a capital
    /^\p{Lu}{2,}$/u.test(text), // capitals only
    /\p{Lu}/u.test(text.slice(1)), // a capital inside
    /\p{Nd}/u.test(text), // a digit
    /^[@#]/u.test(text), // a user's name or a tag
    /^(?:https?:|www\.)/iu.test(text), // a link
    !/[\p{L}\p{N}]/u.test(text), // marks only
  ];
  return Float32Array.from(flags, Number);
}

const SPELLINGS = 7;
