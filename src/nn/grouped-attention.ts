// Attention of a text with groups of tokens behind it: each group reads the text and itself, and the text reads only itself.
import { addDimensions, type Dimension, multiplyDimensions } from "../graph/dimension.ts";
import { softmax } from "../graph/operators/activation.ts";
import { add } from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/matrix.ts";
import { concatenate, reshape, split, transpose } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type AttentionOptions, attentionScale, multiHeadAttention, splitHeads } from "./attention.ts";

/** Groups of positions behind those of a text. */
export interface PositionGroups {
  /** Positions per group. */
  readonly size: number;
  readonly count: Dimension;
}

/** Heads, mask, prefix and dropout. */
export interface GroupedAttentionOptions extends Pick<AttentionOptions, "heads" | "prefix" | "dropout"> {
  /** Of the prefix and the text's keys: [batch, 1 or heads, 1, prefix + length]. Every position of a group can be read by its group. */
  readonly bias: Tensor;
}

/**
 * Query, key and value [batch, length + count * size, hidden] -> the same shape. The text attends to the prefix and to itself, as if there were no
 * groups. A group attends to the prefix, to the text and to its own positions, so no group depends on another. The cost grows with the number of
 * groups, not with its square.
 */
export function groupedAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { size, count }: PositionGroups,
  options: GroupedAttentionOptions,
): Tensor {
  const { heads, prefix, dropout, bias } = options;
  const [batch, , hidden] = query.shape as readonly [Dimension, Dimension, number];
  const behind = multiplyDimensions(size, count);
  const readable = bias.axis(-1); // prefix and text
  const length = prefix ? addDimensions(readable, -(prefix.key.axis(2) as number)) : readable;
  const cut = (x: Tensor) => split(x, 1, [length, behind]) as readonly [Tensor, Tensor];
  const [textQuery, groupQuery] = cut(query);
  const [textKey, groupKey] = cut(key);
  const [textValue, groupValue] = cut(value);
  const read = multiHeadAttention(textQuery, textKey, textValue, options);

  const width = hidden / heads;
  const scale = attentionScale(hidden, heads);
  const inGroups = (x: Tensor) => reshape(x, [batch, heads, count, size, width]);
  const queries = splitHeads(groupQuery, heads);
  const keys = withPrefix(splitHeads(textKey, heads), prefix?.key);
  const values = withPrefix(splitHeads(textValue, heads), prefix?.value);
  const toText = add(matmul(queries, keys, { transposeB: true, scale }), bias);
  const toOwn = matmul(inGroups(queries), inGroups(splitHeads(groupKey, heads)), { transposeB: true, scale });
  let weights = softmax(concatenate([toText, reshape(toOwn, [batch, heads, behind, size])], 3));
  if (dropout) {
    const { dropout: masks, probability, place } = dropout;
    weights = masks.apply(weights, probability, `${place}/groups`);
  }
  const [onText, onOwn] = split(weights, 3, [readable, size]) as readonly [Tensor, Tensor];
  const own = matmul(
    reshape(onOwn, [batch, heads, count, size, size]),
    inGroups(splitHeads(groupValue, heads)),
  );
  const context = add(matmul(onText, values), reshape(own, [batch, heads, behind, width]));
  const grouped = reshape(transpose(context, [0, 2, 1, 3]), [batch, behind, hidden]);
  return concatenate([read, grouped], 1);
}

function withPrefix(own: Tensor, prefix: Tensor | undefined): Tensor {
  return prefix ? concatenate([prefix, own], 2) : own;
}
