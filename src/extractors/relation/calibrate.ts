// Fits the probabilities of a relation model, or of a student, on validation examples.
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import type { LabelSet } from "../../data/labels.ts";
import { classConfidences } from "../../evaluation/calibration.ts";
import { fitCalibration } from "../../evaluation/fit-calibration.ts";
import { calibrated } from "../shared/calibration.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { CalibratedModel } from "../shared/training-task.ts";
import type { StudentExample } from "../student/student-example.ts";
import { bestLabel, maskedRows, probabilitiesOf } from "./scores.ts";

/** Fits a model's calibration on prepared examples: one for every relation of the documents, in order; returns their probabilities too. */
export async function calibrateRelations(
  model: Pick<GraphModel<StudentExample>, "predict">,
  {
    documents,
    examples,
  }: { readonly documents: readonly Document[]; readonly examples: readonly StudentExample[] },
  labels: LabelSet,
): Promise<CalibratedModel> {
  const rows = maskedRows(await model.predict(examples), examples);
  const gold = examples.map(({ label }) => label!); // prepared examples have labels
  const logits = { data: rows.flatMap((row) => [...row]), classes: labels.size };
  const ofDocument = documentClusters(documents);
  const clusters = documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!));
  const best = rows.map(bestLabel);
  const calibration = fitCalibration({
    correct: best.map((label, i) => label === gold[i]),
    clusters,
    at: (temperature) => classConfidences(logits, gold, temperature),
  });
  const how = calibrated(calibration);
  const nameOf = (label: number) => labels.labels[label]!;
  const found = best.flatMap((label, i) =>
    label === labels.noneIndex
      ? []
      : [
          {
            label: nameOf(label),
            probability: probabilitiesOf(rows[i]!, how)[label]!,
            right: label === gold[i],
            cluster: clusters[i]!,
          },
        ],
  );
  const missed = gold.flatMap((label, i) =>
    label === labels.noneIndex || label === best[i] ? [] : [{ label: nameOf(label), cluster: clusters[i]! }],
  );
  const names = labels.labels.filter((_, i) => i !== labels.noneIndex);
  return { calibration, predictions: { labels: names, predictions: found, missed } };
}
