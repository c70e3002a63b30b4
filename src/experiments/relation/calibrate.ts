// Fits the temperature of a relation model on validation examples.
import type { LabelSet } from "../../data/index.ts";
import { crossFittedCalibration } from "../../evaluation/index.ts";
import type { Calibration } from "../model/calibration-file.ts";
import type { RelationExample } from "./examples.ts";
import type { RelationModel } from "./relation-model.ts";
import { maskedRows } from "./scores.ts";

/**
 * The temperature that fits the model's scores on labelled examples, as they are used: labels that the types rule out have none. An example
 * whose own label is ruled out says nothing of the temperature and is left out.
 */
export async function calibrateRelations(
  model: Pick<RelationModel, "predict">,
  examples: readonly RelationExample[],
  labels: LabelSet,
): Promise<Calibration> {
  const possible = examples.filter(({ label, mask }) => mask === undefined || mask[label!] === true); // prepared examples carry labels
  const fitted: readonly RelationExample[] =
    possible.length > 0 ? possible : examples.map((example) => ({ ...example, mask: undefined }));
  const rows = maskedRows(await model.predict(fitted), fitted);
  return crossFittedCalibration(
    { data: rows.flatMap((row) => [...row]), classes: labels.size },
    fitted.map(({ label }) => label!),
  );
}
