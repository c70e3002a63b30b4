// The examples of a split for the student of entities: training texts with generated pictures, validation texts with their own.

import { schemeOf } from "../entity/model-config.ts";
import type { PreparationRequest } from "../shared/training-task.ts";
import { ownVisual } from "../student/student-training.ts";
import { type EntityStudentSet, prepareEntityStudents } from "./prepare-entity-students.ts";

/** Builds examples of a split, with all accepted views of the store. */
export async function prepareEntitySplit({
  labels: types,
  config,
  encoder: { tokenizer },
  visual,
  split,
  ...request
}: PreparationRequest<readonly string[]>): Promise<EntityStudentSet> {
  const { store, use, rounds, chains, asManyAsRounds } = config.synthesis;
  const training = split === "train";
  const generated = training && use !== "real" && rounds !== 0 && store !== undefined;
  const hidesOwn = training && use === "synthetic";
  return prepareEntityStudents({
    ...request,
    tokenizer,
    scheme: schemeOf({ entityTypes: [...types], subwords: config.model.tagging.subwords }),
    truncation: config.training.truncation,
    visual: ownVisual(config, visual, training),
    wanted: generated ? { store, rounds, chains, asManyAsRounds, visual, hidesOwn } : undefined,
  });
}
