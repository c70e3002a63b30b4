// Relations as rows of a classifier: what the frozen encoder says about both mentions, what joins them, and the label.

import type { Document } from "../../data/document.ts";
import { wordRange } from "../../extractors/shared/words.ts";
import type { FoldedRows } from "./ridge-folds.ts";
import type { EncodedDocument } from "./word-states.ts";

/** A relation to judge. */
export interface JudgedRelation {
  /** Index of its document. */
  readonly document: number;
  /** Index among the document's relations. */
  readonly relation: number;
}

/** The relations of documents as rows; those whose mentions contain no word are left out. */
export interface RelationRows extends FoldedRows {
  readonly judged: readonly JudgedRelation[];
  /** The classes, in their order. */
  readonly labels: readonly string[];
}

/** Per row: head, tail and their product; then the types of both mentions. */
const PARTS = 3;

/** @param foldOfDocument the fold of each document */
export function relationRows(
  documents: readonly Document[],
  encoded: readonly EncodedDocument[],
  foldOfDocument: readonly number[],
  folds: number,
): RelationRows {
  const width = encoded.length === 0 ? 0 : stateWidth(encoded);
  const labels = [
    ...new Set(documents.flatMap(({ relations }) => relations.map(({ label }) => label))),
  ].sort();
  const types = [...new Set(documents.flatMap(({ entities }) => entities.map(({ label }) => label)))].sort();
  const typeOf = new Map(types.map((type, i) => [type, i]));
  const classIndex = new Map(labels.map((label, i) => [label, i]));
  const judged: JudgedRelation[] = [];
  const ranges: (readonly [head: readonly [number, number], tail: readonly [number, number]])[] = [];
  for (const [d, { entities, relations }] of documents.entries()) {
    for (const [r, { head, tail }] of relations.entries()) {
      const [a, b] = [head, tail].map((i) => wordRange(encoded[d]!.words, entities[i]!));
      if (a === undefined || b === undefined) continue;
      judged.push({ document: d, relation: r });
      ranges.push([a, b]);
    }
  }
  const perRow = PARTS * width + 2 * types.length;
  const features = new Float32Array(judged.length * perRow);
  for (const [row, { document }] of judged.entries()) {
    const into = features.subarray(row * perRow, (row + 1) * perRow);
    const [head, tail] = ranges[row]!;
    meanInto(into.subarray(0, width), encoded[document]!.states, head);
    meanInto(into.subarray(width, 2 * width), encoded[document]!.states, tail);
    for (let i = 0; i < width; i++) into[2 * width + i] = into[i]! * into[width + i]!;
    const { entities } = documents[document]!;
    const { head: h, tail: t } = relationOf(row);
    into[PARTS * width + typeOf.get(entities[h]!.label)!] = 1; // every label is a type
    into[PARTS * width + types.length + typeOf.get(entities[t]!.label)!] = 1;
  }
  return {
    judged,
    labels,
    folds,
    rows: judged.length,
    classes: labels.length,
    width: perRow,
    classOf: (row) => classIndex.get(relationOf(row).label)!, // every label is a class
    foldOf: (row) => foldOfDocument[judged[row]!.document]!,
    write: (row, into) => into.set(features.subarray(row * perRow, (row + 1) * perRow)),
  };

  function relationOf(row: number) {
    const { document, relation } = judged[row]!;
    return documents[document]!.relations[relation]!;
  }
}

function stateWidth(encoded: readonly EncodedDocument[]): number {
  const one = encoded.find(({ words }) => words.length > 0);
  return one === undefined ? 0 : one.states.length / one.words.length;
}

/** The mean of the states of words `[from, to)`; zeros for none. */
function meanInto(into: Float32Array, states: Float32Array, [from, to]: readonly [number, number]): void {
  const width = into.length;
  for (let word = from; word < to; word++) {
    for (let i = 0; i < width; i++) into[i]! += states[word * width + i]! / (to - from);
  }
}
