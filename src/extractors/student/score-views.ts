// Cross-fitted teachers: each is trained on the other folds and scores the generated views of its own fold, so that memorised examples do not count.
import type { TrainRequest } from "../requests.ts";
import { begin } from "./begun.ts";
import { completeScores, gatherScores, type ScoreViewsSummary } from "./gather-scores.ts";
import { openTeachers, requireViews } from "./open-teachers.ts";
import { readScoresAbout } from "./scores-file.ts";
import { doTeacher, requireNoTeachers, teachersOf } from "./teachers.ts";
import { aboutRelations, type TeachingTask } from "./teaching.ts";

/**
 * Trains the teachers and writes their scores to the run folder; existing scores are kept. Teachers that other processes do meanwhile are
 * waited for.
 *
 * @throws ConfigError `config/nothing-to-score`, `config/other-scores` when the folder contains scores of other data or settings; TrainingError
 * `training/run-folder-in-use` when it contains teachers and `resume` is not set; the codes of training. After the signal is aborted, throws
 * its reason; the same call with `resume` continues.
 */
export async function scoreViews(
  request: TrainRequest,
  teaching: TeachingTask = aboutRelations,
): Promise<ScoreViewsSummary> {
  const { config, runFolder, resume = false, signal, onPreparation } = request;
  requireViews(config);
  if (!resume && (await readScoresAbout(runFolder)) === undefined) requireNoTeachers(runFolder, config);
  await using opened = await openTeachers(request, teaching);
  const known = await completeScores(opened);
  if (known !== undefined) return known;
  await begin(runFolder, opened.begun);
  const teachers = teachersOf(config);
  for (const [done, teacher] of teachers.entries()) {
    await doTeacher(teacher, opened, { signal, onPreparation });
    onPreparation?.({ what: "teachers trained", done: done + 1, total: teachers.length });
    signal?.throwIfAborted();
  }
  return gatherScores(opened, signal);
}
