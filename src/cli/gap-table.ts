// The modality gap in tables, for the terminal: of one model, and of an experiment's rows.

import type { ModalityGap } from "../evaluation/modality-gap.ts";
import type { ResultRow } from "../experiments/results.ts";
import { sameNames } from "../experiments/row-names.ts";
import type { RelationEvaluationSummary } from "../extractors/requests.ts";
import { formatTable } from "./table.ts";

const ONE = ["pictures", "texts", "quantity", "matched", "shuffled", "advantage", "low", "high"];

/** A row per quantity and reading. */
export function describeGap(gap: NonNullable<RelationEvaluationSummary["modalityGap"]>): string {
  const { measured, trained, trainedWithPrefix, fitted } = gap;
  const rows = [
    ...(trained ? rowsOf("the model's", "alone", trained) : []),
    ...(trainedWithPrefix ? rowsOf("the model's", "with prefix", trainedWithPrefix) : []),
    ...rowsOf("best linear", "alone", fitted),
  ];
  return `modality gap of ${measured} pairs: pictures against their own texts, and against those of other documents\n${formatTable(ONE, rows)}`;
}

function rowsOf(pictures: string, texts: string, gap: ModalityGap): (string | number)[][] {
  const { divergence, cosine, centroids, retrieval } = gap;
  const { reciprocalRank, byChance, relativeRank } = retrieval;
  const both = (name: string, { matched, shuffled, advantage }: ModalityGap["cosine"]) => [
    pictures,
    texts,
    name,
    matched.mean,
    shuffled.mean,
    advantage.mean,
    ...advantage.interval,
  ];
  const against = (name: string, one: ModalityGap["centroids"], chance: number) => [
    pictures,
    texts,
    name,
    one.mean,
    chance,
    one.mean - chance,
    ...one.interval.map((bound) => bound - chance),
  ];
  return [
    both("KL divergence, nats", divergence),
    both("cosine", cosine),
    against("1 / rank of the own picture", reciprocalRank, byChance),
    against("relative rank", relativeRank, 0.5),
    [pictures, texts, "distance of the means", centroids.mean, "-", "-", ...centroids.interval],
  ];
}

/** The rows of one evaluation set; empty if none measured the gap. */
export function describeGapRows(rows: readonly ResultRow[]): string[] {
  const measured = rows.flatMap(({ modalityGap, ...row }) => (modalityGap ? [{ row, modalityGap }] : []));
  if (measured.length === 0) return [];
  const header = [
    "variant",
    "pictures",
    "KL advantage",
    "95 %",
    "matched KL",
    "cosine advantage",
    "means apart",
    "relative rank",
  ];
  const lines = measured.flatMap(({ row, modalityGap: { trained, fitted } }) =>
    [["the model's", trained] as const, ["best linear", fitted] as const].flatMap(([name, gap]) =>
      gap === undefined
        ? []
        : [
            [
              sameNames(row),
              name,
              gap.divergenceAdvantage.mean,
              gap.divergenceAdvantage.interval?.map((bound) => bound.toFixed(4)).join(" to ") ?? "-",
              gap.matchedDivergence.mean,
              gap.cosineAdvantage.mean,
              gap.centroids.mean,
              gap.relativeRank.mean,
            ],
          ],
    ),
  );
  return [
    `modality gap, means over the seeds with intervals over other seeds; advantage: of own pairs over shuffled ones; relative rank: 0.5 by chance\n${formatTable(header, lines)}`,
  ];
}
