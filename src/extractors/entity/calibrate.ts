// Fits the probabilities of an entity model on validation texts.
import type { Document } from "../../data/document.ts";
import { binaryLosses } from "../../evaluation/confidence-calibration.ts";
import { fitCalibration } from "../../evaluation/fit-calibration.ts";
import { entityConfidences } from "../../models/tagging/entity-confidences.ts";
import type { Calibration } from "../shared/calibration.ts";
import { documentClusters } from "../shared/document-clusters.ts";
import { type Decoding, emissionsOf, type LabelledText } from "./scores.ts";

/** Fits the calibration on the entities that the model finds in labelled texts, one list per document. */
export async function calibrateEntities(
  model: Parameters<typeof emissionsOf>[0],
  { documents, texts }: { readonly documents: readonly Document[]; readonly texts: readonly LabelledText[] },
  { scheme, chain, constrained }: Pick<Decoding, "scheme" | "chain" | "constrained">,
): Promise<Calibration> {
  const merged = await emissionsOf(model, texts, scheme.tags.length);
  const scored = merged.map((text, i) => ({ ...text, gold: texts[i]!.gold }));
  const { correct, textOf, confidencesAt } = entityConfidences(scheme, scored, chain, { constrained });
  const ofDocument = documentClusters(documents);
  return fitCalibration({
    correct,
    clusters: textOf.map((text) => ofDocument[text]!),
    at: (temperature) => {
      const confidences = confidencesAt(temperature);
      return { confidences, losses: binaryLosses(confidences, correct) };
    },
  });
}
