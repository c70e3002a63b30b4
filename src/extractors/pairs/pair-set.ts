// The pairs of a split: the annotated ones and those that became "None", with counts of both.

import type { NegativesSetting } from "../../config/negatives.ts";
import type { Document, Relation } from "../../data/document.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { type NegativeCounts, type Negatives, withNegatives } from "./negatives.ts";
import { constraintsOfRule, type PairRule, type ResolvedNegatives, resolveByLabels } from "./pair-rule.ts";

/** What happened to the pairs of some documents. */
export interface PairAccount extends NegativeCounts {
  /** What became "None". */
  readonly negatives: Negatives;
  /** Why no pair did, unless another setting was requested. */
  readonly reason?: string;
  /** Added pairs that the model cannot be asked about: mentions too far apart, or without a word. */
  readonly unaskable: number;
  /** Pairs with several relations: each is an example, but the model returns one answer. */
  readonly severalLabels: number;
}

export interface PairSet {
  readonly documents: readonly Document[];
  readonly made: ReadonlySet<Relation>;
  readonly account: PairAccount;
}

/** How to complete the pairs of some documents. */
export interface PairUse {
  readonly rule: PairRule;
  /** A ratio thins only training documents: scores cover all pairs that extraction would ask about. */
  readonly split: "train" | "scored";
  /** Replaces the rule's own setting. */
  readonly setting?: NegativesSetting | undefined;
}

/** Adds "None" to documents for the pairs that the rule selects. */
export function pairSetOf(set: DocumentSet, { rule, split, setting }: PairUse): PairSet {
  const labels = new Map<string, number>();
  for (const { relations } of set.documents)
    for (const { label } of relations) labels.set(label, (labels.get(label) ?? 0) + 1);
  const resolved = resolvePairs({ labels, format: set.report.format }, { rule, split, setting });
  const constraints = constraintsOfRule(rule);
  const { documents, made, counts } = withNegatives(
    set.documents,
    resolved.negatives,
    constraints,
    rule.seed,
  );
  return {
    documents,
    made,
    account: { ...counts, ...resolved, unaskable: 0, severalLabels: severalLabels(set.documents) },
  };
}

/** What a setting means for documents with these relations. */
export function resolvePairs(
  { labels, format }: { readonly labels: ReadonlyMap<string, number>; readonly format: string },
  { rule, split, setting }: PairUse,
): ResolvedNegatives {
  // Scored documents may mark None themselves even if the training documents did not, but not the other way round.
  const follows = split === "train" || rule.negatives !== "none";
  const own = setting ?? (rule.setting === "auto" && follows ? rule.setting : rule.negatives);
  const resolved = resolveByLabels(own, labels, format);
  return split === "scored" && typeof resolved.negatives === "number"
    ? { ...resolved, negatives: "typed" }
    : resolved;
}

/** Counts the pairs of mentions with several relations. */
export function severalLabels(documents: readonly Document[]): number {
  return documents.reduce((sum, document) => sum + severalLabelsOf(document), 0);
}

/** Counts the pairs of a document's mentions with several relations. */
export function severalLabelsOf(document: Document): number {
  const labels = new Map<string, Set<string>>();
  for (const relation of document.relations) {
    const key = [relation.head, relation.tail]
      .map((i) => `${document.entities[i]?.start} ${document.entities[i]?.end}`)
      .join(" ");
    labels.set(key, (labels.get(key) ?? new Set()).add(relation.label));
  }
  return [...labels.values()].filter(({ size }) => size > 1).length;
}
