// Finds overlap between the splits of a data set: ids, pictures, texts and questions, and whether their answers agree.
import type { Document } from "./document.ts";
import { SplitComparison, type SplitOverlap } from "./split-comparison.ts";

/**
 * Compares every pair of splits, in the given order. Texts and triples are compared by 64-bit hashes: that two different ones of a million count
 * as equal has a chance of about 3 in 10^8.
 */
export function compareSplits(
  splits: Readonly<Record<string, readonly Document[]>>,
): readonly SplitOverlap[] {
  const comparison = new SplitComparison();
  for (const [name, documents] of Object.entries(splits)) {
    comparison.begin(name);
    for (const document of documents) comparison.see(document);
  }
  return comparison.overlaps();
}
