// Trains a student of MI2RAGE: first the teachers, where their scores choose the views and are not there yet, then the student.
import { join } from "node:path";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { trainTask } from "../shared/train-task.ts";
import { scoreViews } from "./score-views.ts";
import { studentTraining } from "./student-training.ts";

/** Below the run folder: what the run's own teachers left. */
export const TEACHER_FOLDER = "teachers";

/** Trains as the configuration says; everything about the run is kept in `runFolder`. */
export async function trainStudent(request: TrainRequest): Promise<TrainSummary> {
  const { config, runFolder } = request;
  const { use, rounds, selection } = config.synthesis;
  const taught = use !== "real" && rounds !== 0 && selection.method === "teacher";
  if (!taught || selection.scores !== undefined) return trainTask(request, studentTraining);
  // Interrupted teachers resume; that the run is resumed is checked where the student begins.
  const { folder } = await scoreViews({
    ...request,
    runFolder: join(runFolder, TEACHER_FOLDER),
    resume: request.resume ?? false,
  });
  const scored = {
    ...config,
    synthesis: { ...config.synthesis, selection: { ...selection, scores: folder } },
  };
  return trainTask({ ...request, config: scored }, studentTraining);
}
