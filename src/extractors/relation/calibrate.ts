// Fits the probabilities of a relation model, or of a student, on validation examples.
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import type { LabelSet } from "../../data/labels.ts";
import { calibrateClasses } from "../shared/calibrate-classes.ts";
import type { Logits } from "../shared/class-model.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { CalibratedModel } from "../shared/training-task.ts";
import type { StudentExample } from "../student/student-example.ts";
import { maskedRows } from "./scores.ts";

/** Labelled documents, and an example for every relation of them, in order. */
export interface ValidationSet {
  readonly documents: readonly Document[];
  readonly examples: readonly StudentExample[];
}

/** Fits a model's calibration on prepared examples; returns their probabilities too. */
export async function calibrateRelations(
  model: Pick<GraphModel<StudentExample>, "predict">,
  validation: ValidationSet,
  labels: LabelSet,
): Promise<CalibratedModel> {
  const rows = maskedRows(await model.predict(validation.examples), validation.examples);
  return calibrateRows(rows, validation, labels);
}

/** Fits the calibration of the examples' scores, with impossible labels pushed far down. */
export function calibrateRows(
  rows: readonly Logits[],
  { documents, examples }: ValidationSet,
  { labels, noneIndex }: LabelSet,
): CalibratedModel {
  const ofDocument = documentClusters(documents);
  return calibrateClasses({
    rows,
    gold: examples.map(({ label }) => label!), // prepared examples have labels
    clusters: documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!)),
    labels,
    noneIndex,
  });
}
