// Joins an entity model, a relation model and perhaps a category model into a bundle: one self-contained folder, written completely or not at all.
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { MODEL_OPTIONS } from "../extractors/shared/model-options.ts";
import type { ExportRequest, ExportSummary } from "./export-request.ts";

const REQUEST: RequestShape<ExportRequest> = {
  entities: FIELD.text,
  relations: FIELD.text,
  categories: FIELD.text.optional(),
  folder: FIELD.text,
  onnx: FIELD.flag.optional(),
  stated: FIELD.fields.optional(),
  constraintsFrom: FIELD.fields.optional(),
  typeConstraints: FIELD.flag.optional(),
  noneLabel: FIELD.text.optional(),
  onProgress: FIELD.callback.optional(),
  ...MODEL_OPTIONS,
};

/**
 * Joins an entity model, a relation model and perhaps a category model into a bundle: one self-contained folder that `load` reads. The bundle is complete or absent,
 * even if writing is interrupted.
 *
 * @throws ConfigError `config/bad-request`, `config/bad-card`; DataError `data/folder-exists`, `data/output-locked`, `data/cannot-write`, `data/not-a-model`, `data/other-model`,
 * `data/no-relation-labels`, `data/bad-run-record`, `data/mixed-entity-types`, `data/no-type-pairs`, and the codes of `load` for files that are
 * changed since they were recorded; ConfigError `config/no-such-label`; EncoderError when a frozen encoder is gone; GraphError `graph/too-large` for
 * ONNX beyond 2 GiB; the signal's reason
 * @example
 * import { exportBundle } from "relata";
 *
 * const { warnings } = await exportBundle({
 *   entities: "runs/entities/model-best",
 *   relations: "runs/relations/model-best",
 *   folder: "models/posts",
 * });
 * for (const warning of warnings) console.warn(warning);
 */
export async function exportBundle(request: ExportRequest): Promise<ExportSummary> {
  requireRequest(REQUEST, request, "the request to export");
  const { writeBundle } = await import("./write-bundle.ts");
  return writeBundle(request);
}
