// Which pairs of mentions share a sequence, and how sequences become batches, when all pairs of a text are packed behind it.
import { BATCH_ROWS, BATCH_TOKENS } from "../../engine/prediction-batches.ts";
import { PAIR_MARKERS } from "../../models/i2srm/packed-pairs.ts";
import type { RelationExample } from "./examples.ts";

/**
 * Pairs behind one text at most: a text with more is repeated. The pairs do not depend on each other, so this changes no answer; it bounds the
 * memory of one sequence.
 */
const MAX_PAIRS_OF_SEQUENCE = 64;

/** Indices of pairs that share a sequence, in their order: pairs of the same text, with the same picture. */
export type Pack = readonly number[]; // never empty

type Asked = Pick<RelationExample, "input" | "visual">;

/** Puts pairs together that share their text's tokens (the same array) and picture (the same object); packs are in the order of their first pairs. */
export function packsOf(pairs: readonly Asked[]): Pack[] {
  const packs: number[][] = [];
  const open = new Map<object, Map<object | undefined, number[]>>();
  pairs.forEach(({ input: { ids }, visual }, i) => {
    const ofText = open.get(ids) ?? new Map<object | undefined, number[]>();
    open.set(ids, ofText);
    let pack = ofText.get(visual);
    if (pack === undefined || pack.length === MAX_PAIRS_OF_SEQUENCE) {
      pack = [];
      ofText.set(visual, pack);
      packs.push(pack);
    }
    pack.push(i);
  });
  return packs;
}

/** Tokens and markers of a sequence with that many pairs. */
export function packedLength(text: Asked, pairs: number): number {
  return text.input.length + PAIR_MARKERS * pairs;
}

/** Indices of pairs in batches of whole packs: texts with about as many pairs and tokens together, those with most pairs first. */
export function packedBatches(pairs: readonly Asked[]): number[][] {
  const sized = packsOf(pairs)
    .map((pack) => ({ pack, length: pairs[pack[0]!]!.input.length })) // no pack is empty
    .sort((a, b) => b.pack.length - a.pack.length || b.length - a.length);
  const batches: number[][] = [];
  let batch: number[] = [];
  let [rows, longest, most] = [0, 0, 0];
  for (const { pack, length } of sized) {
    const [longestThen, mostThen] = [Math.max(longest, length), Math.max(most, pack.length)];
    if (
      rows > 0 &&
      (rows === BATCH_ROWS || (rows + 1) * (longestThen + PAIR_MARKERS * mostThen) > BATCH_TOKENS)
    ) {
      batches.push(batch);
      batch = [];
      [rows, longest, most] = [0, 0, 0];
    }
    batch.push(...pack);
    rows++;
    [longest, most] = [Math.max(longest, length), Math.max(most, pack.length)];
  }
  if (rows > 0) batches.push(batch);
  return batches;
}
