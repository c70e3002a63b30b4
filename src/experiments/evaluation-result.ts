// The parts of `relata evaluate --json` output that an experiment uses.
import { join } from "node:path";
import { z } from "zod";
import { readWholeText } from "../base/whole-file.ts";
import type { Metric } from "./outcomes.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { parseExperimentRecord } from "./stage-record.ts";

const score = z.object({ precision: z.number(), recall: z.number(), f1: z.number() });
const labelled = score.extend({ label: z.string(), support: z.number(), predicted: z.number() });

const estimate = z.object({ mean: z.number() });
const matched = z.object({ matched: estimate, shuffled: estimate, advantage: estimate });
const measuredGap = z.object({
  divergence: matched,
  cosine: matched,
  centroids: estimate,
  retrieval: z.object({ reciprocalRank: estimate, relativeRank: estimate }),
});

/** The modality gap by one reading of the pictures. */
export type MeasuredGap = z.output<typeof measuredGap>;

const resultSchema = z.discriminatedUnion("task", [
  z.object({
    task: z.literal("mre"),
    visualChannel: z.string(),
    metrics: z.object({
      accuracy: z.number(),
      micro: score,
      macro: score,
      relations: z.array(labelled),
      confusion: z.array(z.array(z.number())),
    }),
    modalityGap: z.object({ trained: measuredGap.optional(), fitted: measuredGap }).optional(),
  }),
  z.object({
    task: z.literal("mner"),
    visualChannel: z.string(),
    metrics: z.object({ micro: score, macro: score, types: z.array(labelled) }),
  }),
  z.object({
    task: z.literal("classification"),
    visualChannel: z.string(),
    metrics: z.object({
      accuracy: z.number(),
      micro: score,
      macro: score,
      categories: z.array(labelled),
      confusion: z.array(z.array(z.number())),
    }),
  }),
]);

export type EvaluationResult = z.output<typeof resultSchema>;

/** Reads the result of an evaluate stage. @throws DataError `experiment/bad-record` */
export async function readEvaluationResult(folder: string): Promise<EvaluationResult> {
  const path = join(folder, STAGE_FILES.result);
  return parseExperimentRecord(path, await readWholeText(path), resultSchema);
}

/** Returns the score that an experiment compares. */
export function scoreOf({ metrics }: EvaluationResult, metric: Metric): number {
  switch (metric) {
    case "micro_f1":
      return metrics.micro.f1;
    case "macro_f1":
      return metrics.macro.f1;
    case "accuracy":
      return "accuracy" in metrics ? metrics.accuracy : Number.NaN;
    default:
      return metric satisfies never;
  }
}
