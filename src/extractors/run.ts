// What the command line, the quickstart and the library ask for: train, evaluate and use an extractor of relations or entities.
// The types are the agreement; the functions join data, encoders, models, trainer and scores.

import { join } from "node:path";
import { extensionsWith } from "../extensions/load-extensions.ts";
import { evaluateEntities } from "./entity/evaluate.ts";
import { trainEntities } from "./entity/train-entities.ts";
import { evaluateRelations } from "./relation/evaluate.ts";
import { trainRelations } from "./relation/train-relations.ts";
import type { EvaluateRequest, EvaluationSummary, TrainRequest, TrainSummary } from "./requests.ts";
import { keepSettings } from "./shared/run-settings.ts";
import { modelKindOf } from "./shared/saved-config.ts";
import { BEGUN_FILE } from "./student/scores-file.ts";
import { TEACHER_FOLDER, trainStudent } from "./student/train-student.ts";

/**
 * Trains the model that the configuration's task asks for; the configuration is kept in the run folder, and compared there when the run is resumed.
 *
 * @throws TrainingError `training/checkpoint-mismatch`, and the codes of training
 */
export async function trainExtractor(asked: TrainRequest): Promise<TrainSummary> {
  const request = { ...asked, extensions: await extensionsWith(asked.extensions, asked.config.extensions) };
  await keepSettings(request, join(TEACHER_FOLDER, BEGUN_FILE));
  switch (request.config.task) {
    case "mre":
      return request.config.method === "mi2rage" ? trainStudent(request) : trainRelations(request);
    case "mner":
      return trainEntities(request);
    default:
      return request.config.task satisfies never;
  }
}

/** Scores a model of either task. @throws DataError `data/not-a-model` */
export async function evaluateExtractor(request: EvaluateRequest): Promise<EvaluationSummary> {
  return (await modelKindOf(request.model)) === "entity"
    ? evaluateEntities(request)
    : evaluateRelations(request);
}
