// What was found in a text, as a prediction of Label Studio in the names of the project.
import {
  type LeftOut,
  type Prediction,
  predictionOf,
  resultOf,
} from "../../../data/annotations/label-studio-items.ts";
import type { Extraction } from "../../../extract/post.ts";
import type { LabelConfig } from "./label-config.ts";

/**
 * Returns the prediction of an extraction, and counts what has no name in the project.
 *
 * @param extraction with offsets in code points
 */
export function predictionOfExtraction(
  extraction: Extraction,
  config: LabelConfig,
  modelVersion: string,
  leftOut: LeftOut,
): Prediction {
  return predictionOf(resultOf(extraction, config, leftOut), modelVersion);
}

/** Says what was left out, one sentence for each kind. */
export function describeLeftOut(leftOut: LeftOut): readonly string[] {
  const kinds = [
    ["entities", "<Label>"],
    ["relations", "<Relation>"],
    ["categories", "<Choice>"],
  ] as const;
  const notes = kinds.flatMap(([kind, tag]) => {
    const counts = Object.entries(leftOut[kind]).map(
      ([label, count]) => `${JSON.stringify(label)} (${count})`,
    );
    return counts.length === 0
      ? []
      : [
          `${kind} are left out, because the labeling configuration has no ${tag} of their name: ${counts.join(", ")}`,
        ];
  });
  const { relationsWithoutMention: count } = leftOut;
  return count === 0 ? notes : [...notes, `relations are left out with their mentions: ${count}`];
}
