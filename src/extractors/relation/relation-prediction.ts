// How pairs of mentions become inputs of I2SRM's prediction graph for relations.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import { type VisualShape, visualInputs } from "../shared/batch-inputs.ts";
import type { PredictionTask } from "../shared/predict-examples.ts";
import { spanInputs } from "./batch-inputs.ts";
import type { RelationExample } from "./examples.ts";

/** Scores are those of the labels. */
export function relationPrediction({
  padId,
  visual,
}: {
  readonly padId: number;
  readonly visual: VisualShape | undefined;
}): PredictionTask<RelationExample> {
  return {
    lengthOf: ({ input }) => input.length,
    idOf: ({ id }) => id,
    predictionInputs: (examples) => ({
      ...tokenInputs(
        examples.map(({ input }) => input),
        padId,
      ),
      ...spanInputs(examples),
      ...(visual ? visualInputs(examples, visual) : {}),
    }),
    ownScores: (row) => row,
  };
}
