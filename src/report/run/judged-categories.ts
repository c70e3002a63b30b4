// Gold and predicted categories: scores, the confusion matrix, and how reliable the probabilities are.
import { counted } from "../../base/counted.ts";
import { type CategoryMetrics, categoryMetrics } from "../../evaluation/category-metrics.ts";
import type { TableBlock } from "../report-data.ts";
import type { JudgedSet } from "./judged-documents.ts";
import type { JudgedParts } from "./judged-relations.ts";
import { reliabilityBlocks } from "./reliability-blocks.ts";

/** Scores of predicted categories; documents without a gold category are left out. */
export function judgeCategories({ documents }: JudgedSet): JudgedParts {
  const judged = documents.flatMap(({ gold, predicted }) =>
    gold.category && predicted.category ? [{ gold: gold.category, predicted: predicted.category }] : [],
  );
  const labels = [...new Set(judged.flatMap(({ gold, predicted }) => [gold.label, predicted.label]))].sort();
  const indices = (side: "gold" | "predicted") => judged.map((one) => labels.indexOf(one[side].label));
  const metrics = categoryMetrics(indices("gold"), indices("predicted"), labels);
  const sure = judged.flatMap(({ gold, predicted: { label, probability } }) =>
    probability === undefined ? [] : [{ probability, right: label === gold.label }],
  );
  return {
    facts: [
      {
        label: "accuracy on the gold file",
        value: metrics.accuracy,
        detail: `${metrics.correct} of ${counted(metrics.instances, "document")}`,
      },
      { label: "macro F1", value: metrics.macro.f1 },
    ],
    sections: [
      {
        title: "Scores by category",
        shortTitle: "Scores",
        blocks: [
          scoreTable(metrics),
          {
            kind: "confusion",
            title: "Gold and predicted categories",
            labels,
            counts: metrics.confusion.map((row) => [...row]),
          },
          ...reliabilityBlocks(sure, "a predicted category"),
        ],
      },
    ],
  };
}

function scoreTable({ categories, macro }: CategoryMetrics): TableBlock {
  return {
    kind: "table",
    title: "Precision, recall and F1",
    columns: [
      { header: "category" },
      ...["precision", "recall", "F1"].map((header) => ({ header })),
      { header: "gold", digits: 0 },
      { header: "predicted", digits: 0 },
    ],
    rows: [
      ["mean over categories (macro)", macro.precision, macro.recall, macro.f1, null, null],
      ...categories.map((one) => [one.label, one.precision, one.recall, one.f1, one.support, one.predicted]),
    ],
  };
}
