// `report`: a training run as one HTML page.
import { join } from "node:path";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import type { PredictionFiles } from "../report/report-of-run.ts";
import type { WrittenReport } from "../report/write-report.ts";

/** Name of the page in the run folder. */
const REPORT_FILE = "report.html";

/** Which run to show, and what to add to it. */
export interface ReportRequest {
  /** The run folder that `train` wrote, of one task or of both. */
  readonly runFolder: string;
  /**
   * Predictions from `evaluate` and the gold documents: adds scores by label, a confusion matrix and
   * mistakes.
   */
  readonly judged?: PredictionFiles | undefined;
  /** The file to write; default `report.html` in the run folder. */
  readonly path?: string | undefined;
  /** Title of the page; by default the task and the visual channel. */
  readonly title?: string | undefined;
  /** Number of mistakes to show; default 12. */
  readonly examples?: number | undefined;
  /**
   * Whether to measure drift and diversity of the generated views too, with the run's encoders; default
   * false.
   */
  readonly measureViews?: boolean | undefined;
  /** Extensions to use: what `defineReader` and the other functions of `relata/extend` return (docs/extending.md), or modules, as paths relative to the working folder or package names. */
  readonly extensions?: readonly ExtensionSource[] | undefined;
  /** Stops reading and measuring; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called while measuring views. */
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

const REQUEST: RequestShape<ReportRequest> = {
  runFolder: FIELD.text,
  judged: FIELD.fields.optional(),
  path: FIELD.text.optional(),
  title: FIELD.text.optional(),
  examples: FIELD.amount.optional(),
  measureViews: FIELD.flag.optional(),
  extensions: FIELD.list.optional(),
  signal: FIELD.signal.optional(),
  onProgress: FIELD.callback.optional(),
};

/**
 * Writes the page of a run: curves, calibration, data, and mistakes if predictions are given. The page is
 * self-contained and loads nothing from the network; the same run produces the same bytes.
 *
 * @throws ConfigError `config/bad-request`, `config/contradiction`; DataError `data/not-a-run`, `data/bad-calibration`, `data/other-predictions`, `data/cannot-write`, and the codes of `readDocuments`
 * @example
 * import { report } from "relata";
 *
 * const { path } = await report({
 *   runFolder: "runs/relations",
 *   judged: { predictions: "predictions.jsonl", gold: "test.jsonl", pictures: "pictures" },
 * });
 * console.log(`open ${path}`);
 */
export async function report(request: ReportRequest): Promise<WrittenReport> {
  requireRequest(REQUEST, request, "the request for a report");
  const { runFolder, judged, title, examples, measureViews, signal, onProgress } = request;
  const { reportOfRun } = await import("../report/report-of-run.ts");
  const { writeReport } = await import("../report/write-report.ts");
  const path = request.path ?? join(runFolder, REPORT_FILE);
  const data = await reportOfRun(runFolder, {
    extensions: request.extensions,
    judged,
    title,
    examples,
    measureViews,
    signal,
    onProgress,
  });
  return writeReport(path, data);
}
