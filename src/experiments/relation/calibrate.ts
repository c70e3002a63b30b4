// Fits the temperature of a relation model on validation examples.
import type { LabelSet } from "../../data/index.ts";
import { crossFittedCalibration } from "../../evaluation/index.ts";
import type { Calibration } from "../model/calibration-file.ts";
import type { RelationExample } from "./examples.ts";
import type { RelationModel } from "./relation-model.ts";

/** The temperature that fits the model's scores on labelled examples. */
export async function calibrateRelations(
  model: Pick<RelationModel, "predict">,
  examples: readonly RelationExample[],
  labels: LabelSet,
): Promise<Calibration> {
  const rows = await model.predict(examples);
  return crossFittedCalibration(
    { data: rows.flatMap((row) => [...row]), classes: labels.size },
    examples.map(({ label }) => label!), // prepared examples carry labels
  );
}
