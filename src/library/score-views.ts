// `scoreViews`: lets teachers score the generated views of a run's documents before a student is trained on them.
import { mkdir } from "node:fs/promises";
import type { PreparationProgress } from "../base/progress.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { type ConfigSource, resolveConfig } from "../config/load.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import type { ScoreViewsSummary } from "../extractors/student/gather-scores.ts";

/** Which views to score, and where to keep the teachers and their scores. */
export interface ScoreViewsRequest {
  /** A configuration with `method: "mi2rage"` and a store, as plain fields or the path of its file. */
  readonly config: ConfigSource;
  /**
   * Folder for the teachers and their scores, created if needed; pass it to `synthesis.selection.scores`
   * later.
   */
  readonly runFolder: string;
  /** Whether to resume interrupted training of teachers; the scores are the same. Default false. */
  readonly resume?: boolean | undefined;
  /** Extensions to use: what `defineReader` and the other functions of `relata/extend` return (docs/extending.md), or modules, as paths relative to the working folder or package names. */
  readonly extensions?: readonly ExtensionSource[] | undefined;
  /** Stops at the next safe point; the promise rejects with the signal's reason, and the same call with `resume` continues. */
  readonly signal?: AbortSignal | undefined;
  /** Called while documents and views are read and encoded, and while teachers are trained. */
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
}

const REQUEST: RequestShape<ScoreViewsRequest> = {
  config: FIELD.source,
  runFolder: FIELD.text,
  resume: FIELD.flag.optional(),
  extensions: FIELD.list.optional(),
  signal: FIELD.signal.optional(),
  onPreparation: FIELD.callback.optional(),
};

/**
 * Trains cross-fitted teachers and writes their scores of the generated views into the run folder: each teacher scores the documents that it
 * was not trained on (MI2RAGE, arXiv 2312.03025, section on selection; the cross-fitting is ours). Existing
 * scores are kept, and teachers that other processes train in the folder are waited for, such as shards of `relata score-views`.
 *
 * @throws ConfigError `config/bad-request`, `config/nothing-to-score` without generated views, `config/other-scores` when the folder holds scores of other data or
 * settings; TrainingError `training/run-folder-in-use` when it holds teachers and `resume` is not set; RelataError `units/claim-lost`; and the codes of `train`
 * @example
 * import { scoreViews } from "relata";
 *
 * const { folder } = await scoreViews({ config: "relata.config.json", runFolder: "runs/scores" });
 * console.log(`train with synthesis.selection.scores = ${folder}`);
 */
export async function scoreViews(request: ScoreViewsRequest): Promise<ScoreViewsSummary> {
  requireRequest(REQUEST, request, "the request to score views");
  const { runFolder, resume = false, signal, onPreparation } = request;
  const config = await resolveConfig(request.config, request.extensions);
  const { scoreViewsOf } = await import("../extractors/run.ts");
  await mkdir(runFolder, { recursive: true });
  return scoreViewsOf({
    config,
    extensions: request.extensions,
    runFolder,
    resume,
    signal,
    onPreparation,
  });
}
