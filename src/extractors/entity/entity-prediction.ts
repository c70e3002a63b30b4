// How texts become inputs of an entity model's prediction graph, and its scores their emissions.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import { type VisualShape, visualInputs } from "../shared/batch-inputs.ts";
import type { PredictionTask } from "../shared/predict-examples.ts";
import type { EntityExample } from "./examples.ts";

/** The sizes of an entity model that its inputs and scores depend on. */
export interface EntityPredictionSizes {
  readonly padId: number;
  readonly tags: number;
  /** Undefined for text only. */
  readonly visual: VisualShape | undefined;
}

/** Scores are the emissions [tokens, tags] of each example. */
export function entityPrediction({
  padId,
  tags,
  visual,
}: EntityPredictionSizes): PredictionTask<EntityExample> {
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
    ownScores: (row, { input }) => row.subarray(0, input.ids.length * tags),
  };
}
