// A text with groups of tokens behind it, for families whose positions are rows of a table: words, positions and attention.
import { type Dimension, multiplyDimensions } from "../../graph/dimension.ts";
import { broadcastTo } from "../../graph/operators/broadcasting.ts";
import { concatenate, reshape, split } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type AttentionOptions, multiHeadAttention } from "../../nn/attention.ts";
import { groupedAttention } from "../../nn/grouped-attention.ts";
import { embedding } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { TokenGroups } from "./architecture.ts";

/** The word table and the tokens to look up in it. */
export interface WordRequest {
  /** int64 [batch, length]. */
  readonly inputIds: Tensor;
  readonly groups: TokenGroups | undefined;
  readonly rows: number;
  readonly hiddenSize: number;
  readonly deviation: number;
  readonly paddingIndex: number;
}

/** Rows of the word table: [batch, length, hidden], or [batch, length + count * size, hidden] with groups. */
export function wordEmbeddings(scope: ParameterScope, request: WordRequest): Tensor {
  const { inputIds, groups, rows, hiddenSize, ...options } = request;
  if (groups === undefined) return embedding(scope, inputIds, rows, hiddenSize, options);
  const { ids, size, count } = groups;
  const [batch, length] = inputIds.shape as readonly [Dimension, Dimension];
  const ofTexts = multiplyDimensions(batch, length);
  const all = concatenate([reshape(inputIds, [ofTexts]), ids], 0); // one look-up: the gradient is scattered once
  const found = split(embedding(scope, all, rows, hiddenSize, options), 0, [ofTexts, size]);
  const [texts, group] = found as readonly [Tensor, Tensor];
  const repeated = broadcastTo(group, [batch, count, size, hiddenSize]);
  return concatenate(
    [
      reshape(texts, [batch, length, hiddenSize]),
      reshape(repeated, [batch, multiplyDimensions(size, count), hiddenSize]),
    ],
    1,
  );
}

/** Positions of a text, int64 [batch, length] or [length], and behind them those of its groups [batch, count, size]: [batch, length + count * size]. */
export function withGroups(ofText: Tensor, ofGroups: Tensor): Tensor {
  const [batch, count, size] = ofGroups.shape as readonly [Dimension, Dimension, Dimension];
  const rows = broadcastTo(ofText, [batch, ofText.axis(-1)]);
  return concatenate([rows, reshape(ofGroups, [batch, multiplyDimensions(size, count)])], 1);
}

/** A layer's attention, over a text alone or with groups behind it. */
export function textAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  groups: TokenGroups | undefined,
  options: Pick<AttentionOptions, "heads" | "prefix" | "dropout"> & { readonly bias: Tensor },
): Tensor {
  return groups === undefined
    ? multiHeadAttention(query, key, value, options)
    : groupedAttention(query, key, value, groups, options);
}
