// `evaluate`: scores a trained model on documents with labels.
import { z } from "zod";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { negativesSchema } from "../config/negatives.ts";
import { ANNOTATOR_POLICIES } from "../data/document-format.ts";
import { OFFSET_UNITS } from "../data/offset-units.ts";
import type { EvaluateRequest, EvaluationSummary } from "../extractors/requests.ts";
import { evaluateExtractor } from "../extractors/run.ts";
import { MODEL_OPTIONS } from "../extractors/shared/model-options.ts";

const REQUEST: RequestShape<EvaluateRequest> = {
  model: FIELD.text,
  data: FIELD.text,
  format: FIELD.text.optional(),
  bio: z.enum(["conll", "strict", "repair"]).optional(),
  imageExtension: z.string().optional(),
  offsets: z.enum(OFFSET_UNITS).optional(),
  annotators: z.enum(ANNOTATOR_POLICIES).optional(),
  textField: FIELD.text.optional(),
  imageField: FIELD.text.optional(),
  constrained: FIELD.flag.optional(),
  predictions: FIELD.text.optional(),
  pictures: FIELD.text.optional(),
  features: FIELD.text.optional(),
  captions: FIELD.text.optional(),
  views: FIELD.fields.optional(),
  noneLabel: FIELD.text.optional(),
  negatives: negativesSchema.optional(),
  typeConstraints: FIELD.flag.optional(),
  thresholds: FIELD.flag.optional(),
  unknownRelations: z.enum(["refuse", "leave-out", "as-none"]).optional(),
  ...MODEL_OPTIONS,
  onPreparation: FIELD.callback.optional(),
};

/**
 * Scores a model of either task; `task` of the summary says which. Precision, recall and F1 are in [0, 1], per label and overall.
 *
 * @throws ConfigError `config/bad-request`; DataError `data/not-a-model`, `data/unknown-label`, and the codes of `readDocuments`; the codes of `load` for the model's files; the
 * signal's reason
 * @example
 * import { evaluate } from "relata";
 *
 * const summary = await evaluate({ model: "runs/relations/model-best", data: "test.jsonl", pictures: "pictures" });
 * console.log(summary.metrics.micro.f1);
 */
export async function evaluate(request: EvaluateRequest): Promise<EvaluationSummary> {
  requireRequest(REQUEST, request, "the request to evaluate");
  return evaluateExtractor(request);
}
