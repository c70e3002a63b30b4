// All pairs of mentions of a text in one sequence: the text once, and behind it four markers for each pair, which take the mentions' positions,
// read the text and each other, and are read by nothing else. After the "packed levitated markers" of Ye et al. 2022 (arXiv 2109.06067) and the
// approximation of Zhong and Chen 2021 (arXiv 2010.12812).
import { textEncoder } from "../../encoders/text/table.ts";
import { type Dimension, multiplyDimensions } from "../../graph/dimension.ts";
import { add, cast, equal, multiply } from "../../graph/operators/elementwise.ts";
import { gatherRows, iota } from "../../graph/operators/indexing.ts";
import { matmul } from "../../graph/operators/matrix.ts";
import { reduceMean } from "../../graph/operators/reduction.ts";
import { reshape, split } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { type PrefixedModel, visualPrefixInputs } from "./prefix-inputs.ts";
import type { PrefixUse } from "./prefix-use.ts";

/** Markers of a pair: before and after the head, before and after the tail. */
export const PAIR_MARKERS = 4;

/** Sizes of the part up to the pairs' features. */
export interface PackedModel extends PrefixedModel {
  /** Marker tokens appended to the vocabulary. */
  readonly addedTokens: number;
}

/** States [batch, length, hidden] at int64 places [batch, count]: [batch, count, hidden]. */
function statesAt(hidden: Tensor, places: Tensor): Tensor {
  const [batch, count] = places.shape as readonly [Dimension, Dimension];
  const length = hidden.axis(1);
  const isAt = equal(reshape(places, [batch, count, 1]), reshape(iota(length), [1, 1, length]));
  return matmul(cast(isAt, "float32"), hidden);
}

/** The states of a batch of texts and the features of their pairs. */
export interface PackedPairs {
  /** Last states of the texts, [batch, length, hidden]: no pair changes them. */
  readonly hidden: Tensor;
  /** [mean of the head's markers and of its first and last token ; the same of the tail], [pairs, 2 * hidden]. */
  readonly entityPair: Tensor;
  readonly prefixes: ReadonlyMap<number, AttentionPrefix>;
}

/**
 * Graph inputs: `input_ids`, `attention_mask` int64 [batch, length]; `marker_ids` int64 [4]; `marker_places` int64 [batch, groups, 4], the token
 * of the text at which each marker stands; `pair_rows` int64 [pairs], where pair p is group `pair_rows[p] % groups` of text
 * `pair_rows[p] / groups`, rounded down; with a visual channel the inputs of `visualPrefixInputs`, one row per text.
 */
export function packedPairs(
  scope: ParameterScope,
  options: PackedModel,
  dropout: Dropout,
  use: PrefixUse | undefined,
): PackedPairs {
  const { encoder, addedTokens } = options;
  const inputIds = input("input_ids", "int64", ["batch", "length"]);
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const groups = {
    ids: input("marker_ids", "int64", [PAIR_MARKERS]),
    places: input("marker_places", "int64", ["batch", "groups", PAIR_MARKERS]),
    size: PAIR_MARKERS,
    count: "groups",
  };
  const { prefixes, encoderInputs } = visualPrefixInputs(scope, options, attentionMask, use);
  const states = textEncoder(scope.at("encoder"), encoder, {
    inputIds,
    attentionMask,
    dropout,
    addedTokens,
    groups,
    ...encoderInputs,
  });
  const [batch, , width] = states.shape as readonly [Dimension, Dimension, number];
  const behind = multiplyDimensions(PAIR_MARKERS, groups.count);
  const [hidden, markers] = split(states, 1, [inputIds.axis(1), behind]) as readonly [Tensor, Tensor];
  const named = statesAt(hidden, reshape(groups.places, [batch, behind]));
  const both = multiply(add(markers, named), 0.5);
  const all = multiplyDimensions(batch, groups.count);
  const mentions = reduceMean(reshape(both, [all, 2, PAIR_MARKERS / 2, width]), { axes: [2] });
  const features = reshape(mentions, [all, 2 * width]);
  const entityPair = gatherRows(features, input("pair_rows", "int64", ["pairs"]), { unique: true });
  return { hidden, entityPair, prefixes };
}
