// Fits the temperature of an entity model on validation texts.
import { crossFittedConfidences } from "../../evaluation/index.ts";
import { entityConfidences } from "../../models/tagging/index.ts";
import type { Calibration } from "../model/calibration-file.ts";
import { type Decoding, emissionsOf, type LabelledText } from "./scores.ts";

/** The temperature that fits the confidences of the entities that the model finds in labelled texts. */
export async function calibrateEntities(
  model: Parameters<typeof emissionsOf>[0],
  texts: readonly LabelledText[],
  { scheme, chain, constrained }: Decoding,
): Promise<Calibration> {
  const merged = await emissionsOf(model, texts, scheme.tags.length);
  const scored = merged.map((text, i) => ({ ...text, gold: texts[i]!.gold }));
  const halfOf = (half: number) =>
    entityConfidences(
      scheme,
      scored.filter((_, i) => i % 2 === half),
      chain,
      { constrained },
    );
  return crossFittedConfidences([halfOf(0), halfOf(1)]);
}
