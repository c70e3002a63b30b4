// How pairs of mentions become inputs of I2SRM's graph for packed pairs: one row per text, and the groups of markers behind it.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { EntityMarkers } from "../../encoders/tokenizing/markers.ts";
import type { TokenSpan } from "../../encoders/tokenizing/relation-input.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { PAIR_MARKERS } from "../../models/i2srm/packed-pairs.ts";
import { prefixInputs, semanticInputs, type VisualShape } from "../shared/batch-inputs.ts";
import type { PredictionTask } from "../shared/predict-examples.ts";
import type { RelationExample } from "./examples.ts";
import { type Pack, packedBatches, packedLength, packsOf } from "./packed-pairs.ts";

type Inputs = Record<string, HostTensor>;
/** Ids of the markers around the head and the tail. */
export type MarkerIds = Pick<EntityMarkers, "headStart" | "headEnd" | "tailStart" | "tailEnd">;

/** Scores are those of the labels, one row per pair in the order of the examples. */
export function packedPrediction({
  padId,
  markers,
  visual,
}: {
  readonly padId: number;
  readonly markers: MarkerIds;
  readonly visual: VisualShape | undefined;
}): PredictionTask<RelationExample> {
  return {
    lengthOf: (example) => packedLength(example, 1),
    idOf: ({ id }) => id,
    batchesOf: packedBatches,
    predictionInputs(examples) {
      const packs = packsOf(examples);
      const texts = packs.map(([first]) => examples[first!]!); // no pack is empty
      return {
        ...tokenInputs(
          texts.map(({ input }) => input),
          padId,
        ),
        ...markerInputs(packs, examples, markers),
        ...(visual ? { ...prefixInputs(texts, visual), ...semanticInputs(examples, visual) } : {}),
      };
    },
    ownScores: (row) => row,
  };
}

/** Named sizes of the graph for packed pairs. */
export function packedSizes({ marker_places, pair_rows }: Readonly<Inputs>): ReadonlyMap<string, number> {
  return new Map([
    ["groups", marker_places!.shape[1]!],
    ["pairs", pair_rows!.shape[0]!],
  ]);
}

/** `marker_ids`, `marker_places`, `pair_rows`, and `pair_texts` int64 [pairs]: the row of each pair's text. */
function markerInputs(
  packs: readonly Pack[],
  examples: readonly RelationExample[],
  { headStart, headEnd, tailStart, tailEnd }: MarkerIds,
): Inputs {
  const groups = Math.max(1, ...packs.map(({ length }) => length));
  const places = new BigInt64Array(packs.length * groups * PAIR_MARKERS); // a group without a pair has the place of the first token
  const ofPairs = new Array<number>(examples.length);
  packs.forEach((pack, text) => {
    pack.forEach((pair, group) => {
      const { headSpan, tailSpan } = examples[pair]!.input; // indices of the examples
      const row = text * groups + group;
      places.set([...endsOf(headSpan), ...endsOf(tailSpan)], row * PAIR_MARKERS);
      ofPairs[pair] = row;
    });
  });
  const int64 = (values: readonly number[]) => hostTensor("int64", [values.length], values);
  return {
    marker_ids: int64([headStart, headEnd, tailStart, tailEnd]),
    marker_places: hostTensor("int64", [packs.length, groups, PAIR_MARKERS], places),
    pair_rows: int64(ofPairs),
    pair_texts: int64(ofPairs.map((row) => Math.floor(row / groups))),
  };
}

/** Places of the first and the last token of a mention. */
function endsOf([start, end]: TokenSpan): [bigint, bigint] {
  return [BigInt(start), BigInt(Math.max(start, end - 1))];
}
