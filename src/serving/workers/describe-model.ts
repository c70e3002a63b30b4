// Describes a loaded model for `GET /v1/models`, from inside the worker that loaded it.
import type { ModelDescription } from "../../client/api-types.ts";
import type { Extractor } from "../../extract/extractor.ts";
import type { Measurement } from "../../extractors/shared/measured-scores.ts";

/** What the model finds and sees, and what it scored. */
export function describeModel(extractor: Extractor, scores: readonly Measurement[]): ModelDescription {
  const { entityTypes, labels, categories, visualChannels, sees, needsMentions, remarks, notices } =
    extractor;
  return {
    kind: kindOf(extractor),
    entityTypes,
    relationLabels: labels,
    categories,
    visualChannels,
    sees,
    needsMentions,
    scores: scores.length === 0 ? null : scores,
    remarks,
    notices,
  };
}

function kindOf({ entityTypes, labels, categories }: Extractor): ModelDescription["kind"] {
  if (entityTypes.length > 0 && labels.length > 0) return "bundle";
  if (labels.length > 0) return "mre";
  return categories.length > 0 && entityTypes.length === 0 ? "classification" : "mner";
}
