// Fits the probabilities of a relation model, or of a student, on validation examples.
import type { Document } from "../../data/document.ts";
import type { LabelSet } from "../../data/labels.ts";
import { classConfidences } from "../../evaluation/calibration.ts";
import { fitCalibration } from "../../evaluation/fit-calibration.ts";
import type { Calibration } from "../shared/calibration.ts";
import { documentClusters } from "../shared/document-clusters.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { StudentExample } from "../student/student-example.ts";
import { bestLabel, maskedRows } from "./scores.ts";

/** Fits a model's calibration on prepared examples: one for every relation of the documents, in order. */
export async function calibrateRelations(
  model: Pick<GraphModel<StudentExample>, "predict">,
  {
    documents,
    examples,
  }: { readonly documents: readonly Document[]; readonly examples: readonly StudentExample[] },
  labels: LabelSet,
): Promise<Calibration> {
  const rows = maskedRows(await model.predict(examples), examples);
  const gold = examples.map(({ label }) => label!); // prepared examples have labels
  const logits = { data: rows.flatMap((row) => [...row]), classes: labels.size };
  const ofDocument = documentClusters(documents);
  const clusters = documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!));
  return fitCalibration({
    correct: rows.map((row, i) => bestLabel(row) === gold[i]),
    clusters,
    at: (temperature) => classConfidences(logits, gold, temperature),
  });
}
