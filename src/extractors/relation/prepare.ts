// Turns documents into examples, for training and for evaluating relation models, and counts what was left out.

import { counted } from "../../base/counted.ts";
import { ConfigError, DataError } from "../../base/errors.ts";
import { increment } from "../../base/label-counts.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { Document } from "../../data/document.ts";
import { type LabelSet, NONE_LABEL } from "../../data/labels.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import { LabelMasks } from "../pairs/label-masks.ts";
import { constraintsOfRule } from "../pairs/pair-rule.ts";
import { type PairUse, pairSetOf } from "../pairs/pair-set.ts";
import { documentVisuals } from "../shared/prepare-documents.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import { type ExampleOptions, type RelationExample, relationExamples } from "./examples.ts";

/** What to do with a relation outside the label set. */
export type UnknownRelations = "refuse" | "leave-out" | "as-none";

/** Which unannotated pairs to ask about, and whether the mentions' types rule out labels. */
export interface PairOptions extends PairUse {
  readonly masked: boolean;
}

/** Documents, and how to turn them into examples under a label set. */
export interface ExamplesRequest extends ExampleOptions {
  readonly set: DocumentSet;
  readonly labels: LabelSet;
  readonly visual: VisualInput | undefined;
  readonly unknownRelations: UnknownRelations;
  /** Absent: only annotated pairs are asked about. */
  readonly pairs?: PairOptions | undefined;
  readonly onPreparation: OnPreparation;
}

/** Builds examples of documents under a label set; counts what is unknown, cut or without a picture. */
export async function prepareExamples(request: ExamplesRequest): Promise<PreparedSet<RelationExample>> {
  const { set, labels, visual, unknownRelations, pairs, onPreparation } = request;
  // Runs before unknown relations are left out: a pair with an unknown relation is not a pair without one.
  const paired = pairs && pairSetOf(set, pairs);
  const settled = settleUnknown(
    { ...set, documents: paired?.documents ?? set.documents },
    labels,
    unknownRelations,
  );
  const { visualOf, accountOf } = await documentVisuals(settled.documents, visual, onPreparation);
  const masks = pairs?.masked ? new LabelMasks(constraintsOfRule(pairs.rule), labels) : undefined;
  const made = paired?.made ?? new Set();
  const { documents, examples, report } = relationExamples(settled.documents, labels, request, visualOf, {
    made,
    masks,
  });
  const { unaskable, truncated } = report;
  const account = {
    ...accountOf(set.report, examples, truncated),
    unknownRelations: settled.unknown,
    ...(paired ? { pairs: { ...paired.account, made: paired.account.made - unaskable, unaskable } } : {}),
  };
  return { documents, examples, account };
}

/**
 * Applies the choice to relations outside the label set, and counts them by label.
 *
 * @throws DataError `data/unknown-label`; ConfigError `config/no-none-label`
 */
export function settleUnknown(
  { documents, report }: DocumentSet,
  labels: LabelSet,
  choice: UnknownRelations,
): { readonly documents: readonly Document[]; readonly unknown: Record<string, number> } {
  const unknown: Record<string, number> = {};
  for (const { relations } of documents) {
    for (const { label } of relations) if (labels.indexOf(label) === undefined) increment(unknown, label);
  }
  const names = Object.keys(unknown);
  if (names.length === 0) return { documents, unknown };
  if (choice === "refuse") {
    throw new DataError({
      code: "data/unknown-label",
      place: report.source,
      message: `${report.source} has ${counted(names.length, "relation label")} outside the label set of ${labels.size}: ${names.join(", ")}`,
      value: unknown,
      remedy:
        "To train, name a label set that contains them (data.relations, or --relations). To score, use --unknown-relations leave-out or as-none.",
    });
  }
  if (choice === "as-none" && labels.noneIndex === undefined) {
    throw new ConfigError({
      code: "config/no-none-label",
      message: `unknown relations cannot count as ${NONE_LABEL}, because the model has no such label`,
      remedy: "Leave unknown relations out instead.",
    });
  }
  const known = documents.map((document) => ({
    ...document,
    relations:
      choice === "as-none"
        ? document.relations.map((r) =>
            labels.indexOf(r.label) === undefined ? { ...r, label: NONE_LABEL } : r,
          )
        : document.relations.filter(({ label }) => labels.indexOf(label) !== undefined),
  }));
  return { documents: known, unknown };
}
