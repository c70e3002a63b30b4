// Prints the thresholds of models as tables.
import { counted } from "../base/counted.ts";
import { NONE_LABEL } from "../data/labels.ts";
import type { Score } from "../evaluation/match-counts.ts";
import { type Thresholds, thresholdOf } from "../evaluation/thresholds.ts";
import type { ModelThresholds } from "../extract/threshold-request.ts";
import { formatProbability } from "../extractors/shared/format-probability.ts";
import { describeAim, thresholdTable } from "../extractors/shared/threshold-words.ts";
import { formatTable } from "./table.ts";

/** Title, table and legend; just what is known if no thresholds could be fitted. */
export function describeThresholds(thresholds: Thresholds): string {
  const { title, columns, rows, legend } = thresholdTable(thresholds);
  return [title, ...(rows.length === 0 ? [] : [formatTable(columns, rows)]), ...legend].join("\n");
}

/** The tables of a bundle's models, or of one model; empty without thresholds. */
export function describeModelThresholds({ entities, relations, categories }: ModelThresholds): string {
  return [
    ...(entities ? [`entities: ${describeThresholds(entities)}`] : []),
    ...(relations ? [`relations: ${describeThresholds(relations)}`] : []),
    ...(categories ? [`categories: ${describeThresholds(categories)}`] : []),
  ].join("\n\n");
}

interface Scored {
  readonly micro: Score;
  readonly labels: readonly (Score & { readonly label: string })[];
}

/** The scores with thresholds, with the precision and recall without them beside each. */
export function describeThresholdScores(
  what: string,
  without: Scored,
  {
    micro,
    labels,
    thresholds,
    below,
  }: Scored & { readonly thresholds: Thresholds; readonly below: Readonly<Record<string, number>> },
): string {
  const row = (name: string, threshold: string, score: Score, plain: Score) => [
    name,
    threshold,
    score.predicted === 0 ? Number.NaN : score.precision,
    plain.precision,
    score.recall,
    plain.recall,
    `${score.predicted} of ${plain.predicted}`,
  ];
  const dropped = Object.values(below).reduce((sum, count) => sum + count, 0);
  return [
    `with the model's thresholds (${describeAim(thresholds.aim)}): ${counted(dropped, "prediction")} not reported, F1 ${micro.f1.toFixed(4)} (was ${without.micro.f1.toFixed(4)})`,
    formatTable(
      [what, "threshold", "precision", "was", "recall", "was", "reported"],
      [
        row("micro", "", micro, without.micro),
        ...without.labels.flatMap((plain) => {
          const score = labels.find(({ label }) => label === plain.label);
          if (score === undefined || plain.label === NONE_LABEL || plain.predicted === 0) return [];
          const threshold = thresholdOf(thresholds, plain.label);
          const shown = Number.isFinite(threshold) ? formatProbability(threshold) : "never";
          return [row(plain.label, shown, score, plain)];
        }),
      ],
    ),
  ].join("\n");
}
