// Multi-head scaled dot-product attention, with optional prefixes in front of keys and values.

import { softmax } from "../graph/operators/activation.ts";
import { add, cast, multiply, subtract } from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/matrix.ts";
import { concatenate, filled, reshape, transpose } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Dropout } from "./dropout.ts";

/** Added to masked-out positions before the softmax: far below any score, but finite, so that a fully masked row stays finite. */
const MASKED_SCORE = -1e9;

/** Keys and values [batch, heads, prefix, head width] that every position of a layer can attend to. */
export interface AttentionPrefix {
  readonly key: Tensor;
  readonly value: Tensor;
  /** Receives the weights [batch, heads, queries, prefix + keys] of every attention that reads the prefix, while the graph is built. */
  readonly onWeights?: ((weights: Tensor) => void) | undefined;
}

/**
 * 0 where `mask` (int64 or float32) is 1, MASKED_SCORE where it is 0: [batch, keys] -> [batch, 1, 1, keys],
 * and [batch, heads, keys] -> [batch, heads, 1, keys].
 */
export function attentionBias(mask: Tensor): Tensor {
  const [batch, ...rest] = mask.shape;
  const [heads, keys] = rest.length === 2 ? rest : [1, rest[0]];
  return reshape(multiply(subtract(1, cast(mask, "float32")), MASKED_SCORE), [batch!, heads!, 1, keys!]);
}

/** [batch, length, heads * width] -> [batch, heads, length, width]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, hidden] = x.shape as [Tensor["shape"][number], Tensor["shape"][number], number];
  return transpose(reshape(x, [batch, length, heads, hidden / heads]), [0, 2, 1, 3]);
}

/** Heads, masks, prefixes and dropout of an attention. */
export interface AttentionOptions {
  readonly heads: number;
  /** Factor of the products of queries and keys; 1 / sqrt(width of a head) by default. */
  readonly scale?: number | undefined;
  /** Transforms queries and the layer's own keys [batch, heads, length, width] before their product, such as rotary positions. */
  readonly turn?: ((x: Tensor) => Tensor) | undefined;
  /**
   * Scores [batch or 1, heads or 1, queries, keys] to add for the layer's own keys, from its queries and keys [batch, heads,
   * length, width]. A prefix has no position, so nothing is added for it.
   */
  readonly positionScores?: ((query: Tensor, key: Tensor) => Tensor) | undefined;
  /** [batch or 1, heads or 1, queries or 1, prefix + keys], added to the scores. */
  readonly bias?: Tensor | undefined;
  readonly prefix?: AttentionPrefix | undefined;
  readonly dropout?: { readonly dropout: Dropout; readonly probability: number; readonly place: string };
}

/**
 * softmax(scale q k^T + position scores + bias) v over `heads` heads: query [batch, queries, hidden], key and value
 * [batch, keys, hidden] -> [batch, queries, hidden].
 */
export function multiHeadAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
): Tensor {
  const { heads, bias, prefix, dropout, turn = (x) => x } = options;
  const hidden = query.axis(-1) as number;
  const queries = turn(splitHeads(query, heads));
  const ownKeys = turn(splitHeads(key, heads));
  let keys = ownKeys;
  let values = splitHeads(value, heads);
  if (prefix) {
    keys = concatenate([prefix.key, keys], 2);
    values = concatenate([prefix.value, values], 2);
  }
  let scores = matmul(queries, keys, {
    transposeB: true,
    scale: options.scale ?? attentionScale(hidden, heads),
  });
  const position = options.positionScores?.(queries, ownKeys);
  if (position) scores = add(scores, prefix ? besidePrefix(position, prefix) : position);
  let weights = softmax(bias ? add(scores, bias) : scores);
  prefix?.onWeights?.(weights);
  if (dropout) weights = dropout.dropout.apply(weights, dropout.probability, dropout.place);
  return reshape(transpose(matmul(weights, values), [0, 2, 1, 3]), query.shape);
}

/** The usual factor of the products of queries and keys: 1 / sqrt(width of a head). */
export function attentionScale(hidden: number, heads: number): number {
  return 1 / Math.sqrt(hidden / heads);
}

/** Scores of a layer's own keys, preceded by zeros for the prefix. */
function besidePrefix(scores: Tensor, prefix: AttentionPrefix): Tensor {
  return concatenate([filled([...scores.shape.slice(0, -1), prefix.key.axis(2)], 0), scores], -1);
}
