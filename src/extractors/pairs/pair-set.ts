// The pairs of a split: the annotated ones and those that became "None", with an account of both.

import type { NegativesSetting } from "../../config/negatives.ts";
import type { Document, Relation } from "../../data/document.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { type NegativeCounts, type Negatives, withNegatives } from "./negatives.ts";
import { constraintsOfRule, type PairRule, type ResolvedNegatives, resolveNegatives } from "./pair-rule.ts";

/** What became of the pairs of some documents. */
export interface PairAccount extends NegativeCounts {
  /** What became "None". */
  readonly negatives: Negatives;
  /** Why nothing did, where nothing else was asked for. */
  readonly reason?: string;
  /** Made pairs that the model cannot be asked: mentions too far apart, or without a word. */
  readonly unaskable: number;
  /** Pairs with several relations: each is an example, and the model gives one answer. */
  readonly severalLabels: number;
}

export interface PairSet {
  readonly documents: readonly Document[];
  readonly made: ReadonlySet<Relation>;
  readonly account: PairAccount;
}

/** How the pairs of some documents are completed. */
export interface PairUse {
  readonly rule: PairRule;
  /** A ratio thins training documents alone: scores are over all pairs that extraction would ask. */
  readonly split: "train" | "scored";
  /** In place of the rule's own setting. */
  readonly setting?: NegativesSetting | undefined;
}

/** Documents with "None" for the pairs that the rule takes for it. */
export function pairSetOf(set: DocumentSet, { rule, split, setting }: PairUse): PairSet {
  const resolved = resolve(set, rule, split, setting);
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

function resolve(
  set: DocumentSet,
  rule: PairRule,
  split: PairUse["split"],
  setting: NegativesSetting | undefined,
): ResolvedNegatives {
  // Documents that are scored may say None themselves where those of the training did not, but not the other way round.
  const follows = split === "train" || rule.negatives !== "none";
  const own = setting ?? (rule.setting === "auto" && follows ? rule.setting : rule.negatives);
  const resolved = resolveNegatives(own, set);
  return split === "scored" && typeof resolved.negatives === "number"
    ? { ...resolved, negatives: "typed" }
    : resolved;
}

function severalLabels(documents: readonly Document[]): number {
  let pairs = 0;
  for (const document of documents) {
    const labels = new Map<string, Set<string>>();
    for (const relation of document.relations) {
      const key = [relation.head, relation.tail]
        .map((i) => `${document.entities[i]?.start} ${document.entities[i]?.end}`)
        .join(" ");
      labels.set(key, (labels.get(key) ?? new Set()).add(relation.label));
    }
    for (const { size } of labels.values()) if (size > 1) pairs++;
  }
  return pairs;
}
