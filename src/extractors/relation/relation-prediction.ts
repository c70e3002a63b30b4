// How pairs of mentions become inputs of I2SRM's prediction graph for relations.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { PairReading } from "../../models/i2srm/mre.ts";
import { type VisualShape, visualInputs } from "../shared/batch-inputs.ts";
import type { PredictionTask } from "../shared/predict-examples.ts";
import { spanInputs } from "./batch-inputs.ts";
import type { RelationExample } from "./examples.ts";
import { type MarkerIds, packedPrediction } from "./packed-prediction.ts";

/** Scores are those of the labels. */
export function relationPrediction({
  padId,
  pairs = "separate",
  markers,
  visual,
}: {
  readonly padId: number;
  readonly pairs?: PairReading | undefined;
  /** Needed for packed pairs. */
  readonly markers?: MarkerIds | undefined;
  readonly visual: VisualShape | undefined;
}): PredictionTask<RelationExample> {
  if (pairs === "packed") {
    if (markers === undefined) throw new Error("packed pairs need the ids of their markers");
    return packedPrediction({ padId, markers, visual });
  }
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
