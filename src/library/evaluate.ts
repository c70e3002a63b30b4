// `evaluate`: scores a trained model on documents with labels.
import type { EvaluateRequest, EvaluationSummary } from "../extractors/requests.ts";
import { evaluateExtractor } from "../extractors/run.ts";

/**
 * Scores a model of either task; `task` of the summary says which. Precision, recall and F1 are in [0, 1], per label and overall.
 *
 * @throws DataError `data/not-a-model`, `data/unknown-label`, and the codes of `readDocuments`; the codes of `load` for the model's files; the
 * signal's reason
 * @example
 * import { evaluate } from "relata";
 *
 * const summary = await evaluate({ model: "runs/relations/model-best", data: "test.jsonl", pictures: "pictures" });
 * console.log(summary.metrics.micro.f1);
 */
export async function evaluate(request: EvaluateRequest): Promise<EvaluationSummary> {
  return evaluateExtractor(request);
}
