// Fits how far a student's scores move with its views, on validation examples.

import { documentClusters } from "../../data/document-clusters.ts";
import type { LabelSet } from "../../data/labels.ts";
import { fitTrust, trusted } from "../../evaluation/fit-trust.ts";
import { relationMetrics } from "../../evaluation/relation-metrics.ts";
import { isPossible } from "../pairs/label-masks.ts";
import { calibrateRows, type ValidationSet } from "../relation/calibrate.ts";
import { maskedRows, runMetrics } from "../relation/scores.ts";
import type { ViewTrust } from "../shared/calibration.ts";
import { bestLabel } from "../shared/class-scores.ts";
import type { CalibratedModel } from "../shared/training-task.ts";
import type { StudentExample } from "./student-example.ts";
import type { ViewEvidence } from "./view-evidence.ts";

type Readable = { readings(examples: readonly StudentExample[]): Promise<ViewEvidence> };
type TrustSetting = "fit" | number;

/**
 * Fits the trust in the views of validation examples, or takes the set one, and then the calibration of the trusted scores. Examples
 * whose types rule out the gold label say nothing about trust.
 */
export async function calibrateStudent(
  model: Readable,
  validation: ValidationSet,
  labels: LabelSet,
  setting: TrustSetting,
): Promise<CalibratedModel> {
  const { rows, trust } = await trustedRows(model, validation, setting);
  const { calibration, predictions } = calibrateRows(rows, validation, labels);
  return { calibration: { ...calibration, trust }, predictions };
}

/** Metrics on validation examples at the trust that a student would have if its training ended here. */
export async function trustedMetrics(
  model: Readable,
  validation: ValidationSet,
  labels: LabelSet,
  setting: TrustSetting,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await trustedRows(model, validation, setting);
  const gold = validation.examples.map(({ label }) => label!); // prepared examples have labels
  return runMetrics(relationMetrics(gold, rows.map(bestLabel), labels));
}

/** The trusted scores, with impossible labels pushed far down, and the trust. */
async function trustedRows(model: Readable, { examples, documents }: ValidationSet, setting: TrustSetting) {
  const { without, evidence } = await model.readings(examples);
  const masked = maskedRows(without, examples) as readonly Float32Array[];
  const clear = masked.map((row, i) =>
    isPossible(row[examples[i]!.label!]!)
      ? evidence[i]!.map((value, label) => (isPossible(row[label]!) ? value : 0))
      : new Float32Array(row.length),
  );
  const ofDocument = documentClusters(documents);
  const clusters = documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!));
  const { trust: best, ...fit } = fitTrust({
    without: masked,
    evidence: clear,
    gold: examples.map(({ label }) => label!), // prepared examples have labels
    clusters,
  });
  const trust: ViewTrust =
    setting === "fit" ? { value: best, ...fit } : { value: setting, ...fit, decision: "fixed" };
  const rows = without.map((row, i) => trusted(row, evidence[i]!, trust.value));
  return { rows: maskedRows(rows, examples), trust };
}
