// Fits how far a student's scores move with its views, on validation examples.

import { documentClusters } from "../../data/document-clusters.ts";
import type { LabelSet } from "../../data/labels.ts";
import { fitTrust, trusted } from "../../evaluation/fit-trust.ts";
import { isPossible } from "../pairs/label-masks.ts";
import { calibrateRows, type ValidationSet } from "../relation/calibrate.ts";
import { maskedRows } from "../relation/scores.ts";
import type { ViewTrust } from "../shared/calibration.ts";
import type { CalibratedModel } from "../shared/training-task.ts";
import type { StudentExample } from "./student-example.ts";
import type { ViewEvidence } from "./view-evidence.ts";

/**
 * Fits the trust in the views of validation examples, or takes the set one, and then the calibration of the trusted scores. Examples
 * whose types rule out the gold label say nothing about trust.
 */
export async function calibrateStudent(
  model: { readings(examples: readonly StudentExample[]): Promise<ViewEvidence> },
  validation: ValidationSet,
  labels: LabelSet,
  setting: "fit" | number,
): Promise<CalibratedModel> {
  const { examples, documents } = validation;
  const { without, evidence } = await model.readings(examples);
  const masked = maskedRows(without, examples) as readonly Float32Array[];
  const clear = masked.map((row, i) =>
    isPossible(row[examples[i]!.label!]!)
      ? evidence[i]!.map((value, label) => (isPossible(row[label]!) ? value : 0))
      : new Float32Array(row.length),
  );
  const ofDocument = documentClusters(documents);
  const clusters = documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!));
  const { trust, ...fit } = fitTrust({
    without: masked,
    evidence: clear,
    gold: examples.map(({ label }) => label!), // prepared examples have labels
    clusters,
  });
  const record: ViewTrust =
    setting === "fit" ? { value: trust, ...fit } : { value: setting, ...fit, decision: "fixed" };
  const rows = without.map((row, i) => trusted(row, evidence[i]!, record.value));
  const { calibration, predictions } = calibrateRows(maskedRows(rows, examples), validation, labels);
  return { calibration: { ...calibration, trust: record }, predictions };
}
