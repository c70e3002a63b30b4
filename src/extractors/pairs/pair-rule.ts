// The pair rule of a relation model: which types its relations join, and which unannotated pairs count as "None".

import { z } from "zod";
import { type NegativesSetting, negativesSchema } from "../../config/negatives.ts";
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { likeNone } from "../../data/none-label.ts";
import type { ReadReport } from "../../data/report.ts";
import type { Negatives } from "./negatives.ts";
import { TypeConstraints, typePairSchema, typePairsOf } from "./type-constraints.ts";

export const PAIR_RULE_FORMAT = "relata-type-pairs";

/** The record of a rule in a model folder. */
export const pairRuleSchema = z.strictObject({
  format: z.literal(PAIR_RULE_FORMAT),
  version: z.literal(1),
  setting: negativesSchema,
  negatives: z.union([z.enum(["all", "typed", "none"]), z.number().positive()]),
  seed: z.int().nonnegative(),
  /** Types of all entities of the training documents. */
  types: z.array(z.string().min(1)).readonly(),
  pairs: z.array(typePairSchema).readonly(),
});

/** The rule of a training run. */
export type PairRule = Omit<z.output<typeof pairRuleSchema>, "format" | "version">;

/** Documents and their source. */
interface Source {
  readonly documents: readonly Document[];
  readonly report: Pick<ReadReport, "format">;
}

/** The effect of a setting on some documents, and why "auto" has no effect. */
export interface ResolvedNegatives {
  readonly negatives: Negatives;
  readonly reason?: string;
}

/** `auto` skips data sets that already mark "None", as a label in their rows or under another name. */
function resolveNegatives(setting: NegativesSetting, { documents, report }: Source): ResolvedNegatives {
  const labels = new Map<string, number>();
  for (const { relations } of documents) {
    for (const { label } of relations) labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  return resolveByLabels(setting, labels, report.format);
}

/** `resolveNegatives`, from the counts of the documents' relations by label. */
export function resolveByLabels(
  setting: NegativesSetting,
  labels: ReadonlyMap<string, number>,
  format: string,
): ResolvedNegatives {
  if (setting !== "auto") return { negatives: setting };
  const annotated = labels.get(NONE_LABEL) ?? 0;
  if (annotated > 0) {
    const total = [...labels.values()].reduce((sum, count) => sum + count, 0);
    return {
      negatives: "none",
      reason: `${annotated.toLocaleString("en")} of ${total.toLocaleString("en")} annotated relations are ${NONE_LABEL}`,
    };
  }
  if (format === "mnre") return { negatives: "none", reason: "each row of this format is a single pair" };
  const like = likeNone(labels.keys());
  if (like.length > 0) {
    return {
      negatives: "none",
      reason: `${like.map((label) => JSON.stringify(label)).join(", ")} may mean None`,
    };
  }
  return { negatives: "typed" };
}

/** Derives the rule from training documents. */
export function pairRuleOf(setting: NegativesSetting, seed: number, source: Source): PairRule {
  const types = new Set(source.documents.flatMap(({ entities }) => entities.map(({ label }) => label)));
  return {
    setting,
    negatives: resolveNegatives(setting, source).negatives,
    seed,
    types: [...types].sort(),
    pairs: typePairsOf(source.documents),
  };
}

/** Returns the type constraints of a rule. */
export function constraintsOfRule({ pairs, types }: Pick<PairRule, "pairs" | "types">): TypeConstraints {
  return new TypeConstraints(pairs, types);
}
