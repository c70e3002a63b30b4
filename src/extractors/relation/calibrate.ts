// Fits the probabilities of a relation model, or of a student, on validation examples.
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import type { LabelSet } from "../../data/labels.ts";
import { calibrateClasses } from "../shared/calibrate-classes.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { CalibratedModel } from "../shared/training-task.ts";
import type { StudentExample } from "../student/student-example.ts";
import { maskedRows } from "./scores.ts";

/** Fits a model's calibration on prepared examples: one for every relation of the documents, in order; returns their probabilities too. */
export async function calibrateRelations(
  model: Pick<GraphModel<StudentExample>, "predict">,
  {
    documents,
    examples,
  }: { readonly documents: readonly Document[]; readonly examples: readonly StudentExample[] },
  { labels, noneIndex }: LabelSet,
): Promise<CalibratedModel> {
  const ofDocument = documentClusters(documents);
  return calibrateClasses({
    rows: maskedRows(await model.predict(examples), examples),
    gold: examples.map(({ label }) => label!), // prepared examples have labels
    clusters: documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!)),
    labels,
    noneIndex,
  });
}
