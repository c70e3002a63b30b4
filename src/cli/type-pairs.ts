// Describes which relations join which entity types.
import type { TypePair } from "../extractors/pairs/type-constraints.ts";

/** `works_for: PERSON > ORG 43`, one entry per relation, most frequent first; pairs whose labels are not known have no label. */
export function describeTypePairs(pairs: readonly TypePair[]): string[] {
  const byLabel = new Map<string, { total: number; pairs: string[] }>();
  const bare: string[] = [];
  for (const { head, tail, count, labels } of pairs) {
    if (labels === undefined) bare.push(`any relation: ${head} > ${tail} ${count}`);
    for (const one of labels ?? []) {
      const entry = byLabel.get(one.label) ?? { total: 0, pairs: [] };
      entry.total += one.count;
      entry.pairs.push(`${head} > ${tail} ${one.count}`);
      byLabel.set(one.label, entry);
    }
  }
  const labelled = [...byLabel].sort(([, a], [, b]) => b.total - a.total);
  return [...labelled.map(([label, entry]) => `${label}: ${entry.pairs.join(", ")}`), ...bare];
}
