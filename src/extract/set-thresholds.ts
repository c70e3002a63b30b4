// `setThresholds`: fits a threshold for each label of a model, and writes them into its folder.
import { z } from "zod";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import type { ModelThresholds, ThresholdRequest } from "./threshold-request.ts";

const REQUEST: RequestShape<ThresholdRequest> = {
  model: FIELD.text,
  aim: z.union([z.enum(["best-f1", "none"]), z.strictObject({ precision: z.number().gt(0).lt(1) })]),
  unreached: z.enum(["best", "drop"]).optional(),
  verify: FIELD.flag.optional(),
  onNotice: FIELD.callback.optional(),
};

/**
 * Fits thresholds per label on a model's validation predictions, which training has stored, and writes them into its folder. Extraction and
 * evaluation apply them from then on.
 *
 * @throws ConfigError `config/bad-request`; DataError `data/no-validation-predictions`, `data/bad-thresholds`, `data/not-a-model`, `data/cannot-write`, and the codes of
 * `load` for changed files
 * @example
 * import { setThresholds } from "relata";
 *
 * const { relations } = await setThresholds({ model: "models/posts", aim: { precision: 0.9 } });
 * for (const { label, threshold, heldOut } of relations?.labels ?? []) console.log(label, threshold, heldOut?.precision);
 */
export async function setThresholds(request: ThresholdRequest): Promise<ModelThresholds> {
  requireRequest(REQUEST, request, "the request for thresholds");
  const { writeThresholds } = await import("./model-thresholds.ts");
  return writeThresholds(request);
}
