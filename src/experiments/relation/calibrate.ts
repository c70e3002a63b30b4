// Fits the temperature of a relation model on validation examples.
import type { LabelSet } from "../../data/index.ts";
import { calibrationError, fitTemperature, type ScoreMatrix } from "../../evaluation/index.ts";
import type { Calibration } from "../model/calibration-file.ts";
import type { RelationExample } from "./examples.ts";
import type { RelationModel } from "./relation-model.ts";
import { probabilitiesOf } from "./scores.ts";

/** The temperature that fits the model's scores on labelled examples. */
export async function calibrateRelations(
  model: Pick<RelationModel, "predict">,
  examples: readonly RelationExample[],
  labels: LabelSet,
): Promise<Calibration> {
  const gold = examples.map(({ label }) => label!); // prepared examples carry labels
  const rows = await model.predict(examples);
  const { temperature, atBound } = fitTemperature(matrixOf(rows), gold);
  const errorOf = (indices: readonly number[], t: number) => {
    const probabilities = indices.flatMap((i) => probabilitiesOf(rows[i]!, t));
    return calibrationError(
      { data: probabilities, classes: labels.size },
      indices.map((i) => gold[i]!),
    ).error;
  };
  const all = rows.map((_, i) => i);
  const halves = [all.filter((i) => i % 2 === 0), all.filter((i) => i % 2 === 1)] as const;
  const crossed = halves.every((half) => half.length > 0)
    ? [halves, [halves[1], halves[0]] as const].reduce((sum, [fitOn, measureOn]) => {
        const fit = fitTemperature(
          matrixOf(fitOn.map((i) => rows[i]!)),
          fitOn.map((i) => gold[i]!),
        );
        return sum + errorOf(measureOn, fit.temperature) / 2;
      }, 0)
    : undefined;
  return {
    temperature,
    atBound,
    instances: rows.length,
    expectedCalibrationError: crossed === undefined ? null : { before: errorOf(all, 1), after: crossed },
  };
}

function matrixOf(rows: readonly Float32Array[]): ScoreMatrix {
  return { data: rows.flatMap((row) => [...row]), classes: rows[0]?.length ?? 0 };
}
