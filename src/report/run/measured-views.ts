// Drift and diversity of a run's generated training views, measured with the run's own encoders.
import { existsSync } from "node:fs";
import { readScoresAbout } from "../../extractors/student/scores-file.ts";
import { type MeasuredViews, type MeasureRequest, measureViews } from "../views/measure-views.ts";
import type { RunRecord } from "./read-run.ts";
import { scoresFolderOf } from "./teacher-scores.ts";

/** Undefined for a run without generated views, or if its store or configuration no longer exists. @throws the errors of measuring */
export async function measureRunViews(
  record: RunRecord,
  options: Pick<MeasureRequest, "signal" | "onProgress" | "extensions"> = {},
): Promise<MeasuredViews | undefined> {
  const { data, settings } = record;
  const { encoder, visual, data: sources, synthesis } = settings;
  if (data.views === undefined || encoder === undefined || !existsSync(data.views.store)) return undefined;
  const scores = scoresFolderOf(record);
  return measureViews({
    store: data.views.store,
    encoder,
    pictureEncoder: visual?.kind === "pictures" ? visual.encoder : undefined,
    pictures: synthesis?.real === "picture" ? sources?.pictures : undefined,
    scores: scores !== undefined && (await readScoresAbout(scores)) ? scores : undefined,
    ...options,
  });
}
