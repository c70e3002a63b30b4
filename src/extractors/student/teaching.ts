// What teachers are asked: which label an example has, be it a pair of mentions or a single one.
import { type RelationLabels, readRelationData, relationLabels } from "../relation/read-relations.ts";
import type { PreparationRequest, TrainingTask } from "../shared/training-task.ts";
import type { StudentSet } from "./prepare-students.ts";
import type { StudentExample } from "./student-example.ts";
import { prepareSplit } from "./student-training.ts";
import { withoutRealView } from "./view-alone.ts";

/** How the questions of a task are read from its documents. */
export interface TeachingTask
  extends Pick<TrainingTask<StudentExample, RelationLabels, StudentSet>, "read" | "labelsOf"> {
  /** Builds the questions with their views, as `selection.reads` says. */
  prepare(request: PreparationRequest<RelationLabels>): Promise<StudentSet>;
}

/** Teachers for relations are asked about pairs of mentions. */
export const aboutRelations: TeachingTask = {
  read: readRelationData,
  labelsOf: relationLabels,
  async prepare(request) {
    const { config, encoder } = request;
    const whole = await prepareSplit(request);
    const { real, selection } = config.synthesis;
    return selection.reads === "view" ? withoutRealView(whole, real, encoder) : whole;
  },
};
