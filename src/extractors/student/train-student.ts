// Trains a student of MI2RAGE: first the teachers, if their scores choose the views and do not exist yet, then the student.
import { join } from "node:path";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { trainTask } from "../shared/train-task.ts";
import type { PreparedSet, TrainingTask } from "../shared/training-task.ts";
import { scoreViews } from "./score-views.ts";
import { studentTraining } from "./student-training.ts";
import { needsTeachers } from "./teacher-rule.ts";
import type { TeachingTask } from "./teaching.ts";

/** Subfolder of the run folder with the run's own teachers. */
export const TEACHER_FOLDER = "teachers";

/** Trains from the configuration; writes everything about the run to `runFolder`. */
export function trainStudent(request: TrainRequest): Promise<TrainSummary> {
  return trainWithTeachers(request, studentTraining);
}

/** Trains a student of either task, after the teachers that it needs. */
export async function trainWithTeachers<
  Example extends { readonly id: string },
  Labels,
  Prepared extends PreparedSet<Example>,
>(
  request: TrainRequest,
  task: TrainingTask<Example, Labels, Prepared>,
  teaching?: TeachingTask,
): Promise<TrainSummary> {
  const { config, runFolder } = request;
  const { use, rounds, selection } = config.synthesis;
  const taught = use !== "real" && rounds !== 0 && needsTeachers(selection.method);
  if (!taught || selection.scores !== undefined) return trainTask(request, task);
  // Interrupted teachers resume; the student's start checks whether the run is resumed.
  const { folder } = await scoreViews(
    {
      ...request,
      runFolder: join(runFolder, TEACHER_FOLDER),
      resume: request.resume ?? false,
    },
    teaching,
  );
  const scored = {
    ...config,
    synthesis: { ...config.synthesis, selection: { ...selection, scores: folder } },
  };
  return trainTask({ ...request, config: scored }, task);
}
