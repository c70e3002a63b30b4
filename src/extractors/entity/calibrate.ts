// Fits the probabilities of an entity model on validation texts.
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { binaryLosses } from "../../evaluation/confidence-calibration.ts";
import { fitCalibration } from "../../evaluation/fit-calibration.ts";
import { entityConfidences } from "../../models/tagging/entity-confidences.ts";
import { calibrated, supported } from "../shared/calibration.ts";
import type { CalibratedModel } from "../shared/training-task.ts";
import { type Decoding, emissionsOf, type LabelledText } from "./scores.ts";

/** Fits the calibration on the entities that the model finds in labelled texts, one list per document; returns their probabilities too. */
export async function calibrateEntities(
  model: Parameters<typeof emissionsOf>[0],
  { documents, texts }: { readonly documents: readonly Document[]; readonly texts: readonly LabelledText[] },
  { scheme, chain, constrained }: Pick<Decoding, "scheme" | "chain" | "constrained">,
): Promise<CalibratedModel> {
  const merged = await emissionsOf(model, texts, scheme.tags.length);
  const scored = merged.map((text, i) => ({ ...text, gold: texts[i]!.gold }));
  const { correct, labels, textOf, missed, confidencesAt } = entityConfidences(scheme, scored, chain, {
    constrained,
  });
  const ofDocument = documentClusters(documents);
  const clusters = textOf.map((text) => ofDocument[text]!);
  const calibration = fitCalibration({
    correct,
    clusters,
    at: (temperature) => {
      const confidences = confidencesAt(temperature);
      return { confidences, losses: binaryLosses(confidences, correct) };
    },
  });
  const how = calibrated(calibration);
  const probabilities = confidencesAt(how.temperature).map((probability) => supported(probability, how));
  return {
    calibration,
    predictions: {
      labels: scheme.types,
      predictions: labels.map((label, i) => ({
        label,
        probability: probabilities[i]!,
        right: correct[i]!,
        cluster: clusters[i]!,
      })),
      missed: missed.map(({ label, text }) => ({ label, cluster: ofDocument[text]! })),
    },
  };
}
