// How whole texts become inputs of the category model's prediction graph.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import { type VisualShape, visualInputs } from "../shared/batch-inputs.ts";
import type { PredictionTask } from "../shared/predict-examples.ts";
import type { CategoryExample } from "./prepare.ts";

/** Scores are those of the categories. */
export function categoryPrediction({
  padId,
  visual,
}: {
  readonly padId: number;
  readonly visual: VisualShape | undefined;
}): PredictionTask<CategoryExample> {
  return {
    lengthOf: ({ input }) => input.ids.length,
    idOf: ({ id }) => id,
    predictionInputs: (examples) => ({
      ...tokenInputs(
        examples.map(({ input }) => input),
        padId,
      ),
      ...(visual ? visualInputs(examples, visual) : {}),
    }),
    ownScores: (row) => row,
  };
}
