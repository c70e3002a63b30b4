// Trains, evaluates and uses models of every task, for the command line, the quickstart and the library.
// The types are the contract; the functions join data, encoders, models, trainer and scores.

import { join } from "node:path";
import type { Extensions } from "../extensions/extension.ts";
import { extensionsWith } from "../extensions/load-extensions.ts";
import { evaluateCategories } from "./category/evaluate.ts";
import { trainCategories } from "./category/train-categories.ts";
import { evaluateEntities } from "./entity/evaluate.ts";
import { trainEntities } from "./entity/train-entities.ts";
import { trainEntityStudent } from "./entity-student/train-entity-student.ts";
import { evaluateRelations } from "./relation/evaluate.ts";
import { noGap } from "./relation/modality-gap.ts";
import { trainRegistered } from "./relation/train-registered.ts";
import { trainRelations } from "./relation/train-relations.ts";
import type { EvaluateRequest, EvaluationSummary, TrainRequest, TrainSummary } from "./requests.ts";
import { keepSettings } from "./shared/run-settings.ts";
import type { LoadOptions } from "./shared/runtime-options.ts";
import { type ModelKind, modelKindOf } from "./shared/saved-config.ts";
import { BEGUN_FILE } from "./student/begun.ts";
import type { ScoreViewsSummary } from "./student/gather-scores.ts";
import { scoreViews } from "./student/score-views.ts";
import { TEACHER_FOLDER, trainStudent } from "./student/train-student.ts";
import { teachingOf } from "./teachers/teaching-of.ts";

/**
 * Trains a model for the configured task; the configuration is kept in the run folder and compared when the run is resumed.
 *
 * @throws TrainingError `training/checkpoint-mismatch`, and the codes of training
 */
export async function trainExtractor(asked: TrainRequest): Promise<TrainSummary> {
  const extensions = await extensionsWith(asked.extensions, asked.config.extensions);
  const request = { ...asked, extensions };
  await keepSettings(request, join(TEACHER_FOLDER, BEGUN_FILE));
  switch (request.config.task) {
    case "mre":
      return trainByMethod(request, extensions);
    case "mner":
      return request.config.method === "mi2rage" ? trainEntityStudent(request) : trainEntities(request);
    case "classification":
      return trainCategories(request);
    default:
      return request.config.task satisfies never;
  }
}

/** Trains relations with the configured method; any method that is not relata's own is a registered reader. */
function trainByMethod(request: TrainRequest, extensions: Extensions): Promise<TrainSummary> {
  switch (request.config.method) {
    case "i2srm":
      return trainRelations(request);
    case "mi2rage":
      return trainStudent(request);
    default:
      return trainRegistered(request, extensions);
  }
}

/** Trains the teachers of a student of either task. @throws the codes of `scoreViews` */
export function scoreViewsOf(request: TrainRequest): Promise<ScoreViewsSummary> {
  return scoreViews(request, teachingOf(request.config));
}

/** Scores a model of any task. @throws DataError `data/not-a-model` */
export async function evaluateExtractor(
  request: EvaluateRequest & Pick<LoadOptions, "frozenStates">,
): Promise<EvaluationSummary> {
  const kind = await modelKindOf(request.model);
  if (request.modalityGap && kind !== "relation")
    throw noGap(request.model, `it is a model for ${kind === "entity" ? "entities" : "categories"}`);
  return EVALUATIONS[kind](request);
}

const EVALUATIONS: Readonly<Record<ModelKind, (request: EvaluateRequest) => Promise<EvaluationSummary>>> = {
  entity: evaluateEntities,
  relation: evaluateRelations,
  category: evaluateCategories,
};
