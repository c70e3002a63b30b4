// `evaluate`: scores a trained model or a bundle on documents with labels.
import { z } from "zod";
import { requireOwnOutput } from "../base/own-input.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { negativesSchema } from "../config/negatives.ts";
import { ANNOTATOR_POLICIES } from "../data/document-format.ts";
import { OFFSET_UNITS } from "../data/offset-units.ts";
import type { BundleEvaluationSummary } from "../extract/both/evaluate-bundle.ts";
import type { EvaluateRequest, EvaluationSummary } from "../extractors/requests.ts";
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
  modalityGap: FIELD.flag.optional(),
  allowTrainingData: FIELD.flag.optional(),
  record: FIELD.flag.optional(),
  unknownRelations: z.enum(["refuse", "leave-out", "as-none"]).optional(),
  ...MODEL_OPTIONS,
  onPreparation: FIELD.callback.optional(),
};

/**
 * Scores a model of either task, or a bundle end to end; `task` of the summary says which. Precision, recall and F1 are in [0, 1], per label and
 * overall.
 *
 * @throws ConfigError `config/bad-request`, `config/contradiction`; DataError `data/not-a-model`, `data/output-is-input`, `data/unknown-label`, `data/unknown-entity-type`, `data/other-task`, `data/trained-on` for documents that the model was trained on, and the codes of `readDocuments`; the codes of `load` for
 * the model's files; the signal's reason
 * @example
 * import { evaluate } from "relata";
 *
 * const summary = await evaluate({ model: "runs/posts/bundle", data: "test.jsonl", pictures: "pictures" });
 * if (summary.task === "both") console.log(summary.entities.micro.f1, summary.relations?.foundEntities.micro.f1);
 * else console.log(summary.metrics.micro.f1);
 */
export async function evaluate(
  request: EvaluateRequest,
): Promise<EvaluationSummary | BundleEvaluationSummary> {
  requireRequest(REQUEST, request, "the request to evaluate");
  if (request.predictions !== undefined) await requireOwnOutput(request.predictions, [request.data]);
  const summary = await scored(request);
  if (request.record) {
    const { measurementOf } = await import("../extract/card/measurement-of.ts");
    const { writeCard } = await import("../extract/card/write-card.ts");
    await writeCard(request.model, { measured: [measurementOf(summary)] });
  }
  return summary;
}

async function scored(request: EvaluateRequest): Promise<EvaluationSummary | BundleEvaluationSummary> {
  const { readBundle } = await import("../extract/bundle.ts");
  const bundle = await readBundle(request.model);
  if (bundle === undefined) {
    const { evaluateExtractor } = await import("../extractors/run.ts");
    return evaluateExtractor(request);
  }
  if (request.modalityGap) {
    const { noGap } = await import("../extractors/relation/modality-gap.ts");
    throw noGap(request.model, "it is a bundle; its relations folder is a model");
  }
  const { evaluateBundle } = await import("../extract/both/evaluate-bundle.ts");
  return evaluateBundle(request, bundle);
}
