// Writes a bundle or a model as a folder of static files that a web page loads (`relata/web`): complete or absent, and nothing in it needs a server.
import { z } from "zod";
import { FIELD, type RequestShape, requireRequest } from "../../base/require-request.ts";
import type { StoredPrecision } from "../../engine/packed-weights.ts";
import { MODEL_OPTIONS } from "../../extractors/shared/model-options.ts";
import type { WebExportRequest, WebExportSummary } from "./web-request.ts";

const PRECISIONS = ["fp32", "fp16", "int8"] as const satisfies readonly StoredPrecision[];

const REQUEST: RequestShape<WebExportRequest> = {
  model: FIELD.text,
  folder: FIELD.text,
  precision: z.enum(PRECISIONS).optional(),
  withoutPictures: FIELD.flag.optional(),
  onProgress: FIELD.callback.optional(),
  extensions: MODEL_OPTIONS.extensions,
  verify: MODEL_OPTIONS.verify,
  onNotice: MODEL_OPTIONS.onNotice,
  signal: MODEL_OPTIONS.signal,
};

/**
 * Exports a bundle or a model for web pages: graphs, weights in pieces, tokenizers and everything else that `relata/web` needs, as static files.
 * The folder is complete or absent, even if writing is interrupted.
 *
 * @throws ConfigError `web/cannot-export` for a model that cannot run in a page, `config/bad-request`; DataError `data/folder-exists`, `data/output-locked`,
 * `data/cannot-write`, and the codes of `load`; EngineError `engine/not-packable`; the signal's reason
 * @example
 * import { exportWeb } from "relata";
 *
 * const { bytes, notices } = await exportWeb({ model: "models/posts", folder: "web/posts", precision: "fp16" });
 * console.log(bytes, notices);
 */
export async function exportWeb(request: WebExportRequest): Promise<WebExportSummary> {
  requireRequest(REQUEST, request, "the request to export");
  const { writeWebFolder } = await import("./write-web-folder.ts");
  return writeWebFolder(request);
}
