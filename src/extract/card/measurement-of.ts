// Turns the summary of an evaluation into what a card records of it.

import { basename } from "node:path";
import type { EvaluationSummary } from "../../extractors/requests.ts";
import { type Measurement, type ScoreTable, scoreTable } from "../../extractors/shared/measured-scores.ts";
import type { BundleEvaluationSummary } from "../both/evaluate-bundle.ts";

/** The scores of a summary; on documents that all chose the best epoch, they are those of the validation. */
export function measurementOf(summary: EvaluationSummary | BundleEvaluationSummary): Measurement {
  const { documents } = summary.data;
  const { trained, chosen, checked } = summary.seen;
  return {
    data: {
      source: basename(documents.source),
      fingerprint: summary.fingerprint,
      documents: documents.accepted,
    },
    split: chosen > 0 && chosen === documents.accepted ? "validation" : "test",
    trained: checked ? trained : null,
    scores: tablesOf(summary),
  };
}

function tablesOf(summary: EvaluationSummary | BundleEvaluationSummary): readonly ScoreTable[] {
  switch (summary.task) {
    case "mner": {
      const { micro, macro, types: labels } = summary.metrics;
      return [scoreTable("entities", { micro, macro, labels, intervals: summary.intervals })];
    }
    case "mre": {
      const { micro, macroSupported, relations: labels } = summary.metrics;
      const named = labels.filter(({ label }) => label !== "None");
      const parts = { micro, macro: macroSupported, labels: named, intervals: summary.intervals };
      return [scoreTable("relations", parts)];
    }
    case "classification": {
      const { micro, macroSupported, categories: labels } = summary.metrics;
      const parts = { micro, macro: macroSupported, labels, intervals: summary.intervals };
      return [scoreTable("categories", parts)];
    }
    case "both": {
      const { entities, relations } = summary;
      const found = relations?.foundEntities;
      return [
        scoreTable("entities", { ...entities, labels: entities.types }),
        ...(found ? [scoreTable("relations end to end", found)] : []),
      ];
    }
    default:
      return summary satisfies never;
  }
}
