// Scores a round's model: F1 and its interval from resampled documents.
import { join } from "node:path";
import type { Document } from "../data/document.ts";
import { documentClusters } from "../data/document-clusters.ts";
import {
  entityIntervals,
  relationIntervals,
  type ScoreIntervals,
} from "../evaluation/extraction-intervals.ts";
import type { ExtractedDocument } from "../evaluation/extraction-metrics.ts";
import { evaluateBundle } from "../extract/both/evaluate-bundle.ts";
import { readBundle } from "../extract/bundle.ts";
import { evaluateExtractor } from "../extractors/run.ts";
import type { RoundModel } from "./measure-pool.ts";
import type { ActiveTask } from "./questions.ts";
import { ownDocuments, type RoundScores } from "./run-files.ts";

const SAMPLES = 1000; // the ends of a 95 % interval then rest on 25 resamples each
const CONFIDENCE = 0.95;
const SEED = 1; // the same documents have the same intervals

/** Scores on documents that the run has written; writes what the model answered to `folder`. */
export async function scoreRound(
  data: string,
  task: ActiveTask,
  { folder, options, pictures }: RoundModel,
  into: string,
): Promise<RoundScores> {
  const { frozenStates, threads, device, library, plugins, extensions } = options;
  const how = { frozenStates, threads, device, library, plugins, extensions };
  const request = { ...how, model: folder, data, format: "relata", pictures };
  if (task === "both") {
    const { entities, relations } = await evaluateBundle(request, (await readBundle(folder))!); // it was trained
    return {
      entities: { f1: entities.micro.f1, interval: [...entities.intervals.micro] },
      ...(relations
        ? {
            relations: {
              f1: relations.foundEntities.micro.f1,
              interval: [...relations.foundEntities.intervals.micro],
            },
          }
        : {}),
    };
  }
  const predictions = join(into, "predictions.jsonl");
  const { metrics } = await evaluateExtractor({ ...request, predictions });
  const f1 = "micro" in metrics ? metrics.micro.f1 : 0; // both tasks have one
  const answered = await ownDocuments(predictions);
  const interval = [...intervalsOf(answered, task).micro] as [number, number];
  return { [task === "mre" ? "relations" : "entities"]: { f1, interval } };
}

function intervalsOf(answered: readonly Document[], task: "mre" | "mner"): ScoreIntervals {
  const options = {
    clusters: documentClusters(answered),
    seed: SEED,
    samples: SAMPLES,
    confidence: CONFIDENCE,
  };
  const gold = answered.map(({ id, meta }) => ({ id, ...(meta?.gold as object) }) as ExtractedDocument); // written by the evaluation
  return task === "mre"
    ? relationIntervals(gold, answered, options)
    : entityIntervals(gold, answered, options);
}
