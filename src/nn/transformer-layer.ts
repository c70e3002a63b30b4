// PyTorch's TransformerEncoderLayer (post-norm, ReLU), with its parameter names: the cross-sample attention of AttnMixup.

import { relu } from "../graph/operators/activation.ts";
import { add } from "../graph/operators/elementwise.ts";
import { linear } from "../graph/operators/matrix.ts";
import { split } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { multiHeadAttention } from "./attention.ts";
import type { Dropout } from "./dropout.ts";
import { layerNormLayer, linearLayer } from "./layers.ts";
import type { ParameterScope } from "./parameter-scope.ts";

const EPSILON = 1e-5; // PyTorch's default
/** A fused projection with more elements is declared as three, because it would not fit into one memory of the engine. */
const MAX_FUSED = 2 ** 28 - 2 ** 10;

/** Sizes and dropout of a transformer layer: number of heads, width of the feed-forward part. */
export interface TransformerLayerOptions {
  readonly heads: number;
  readonly feedForward: number;
  readonly dropoutProbability: number;
  readonly dropout: Dropout;
  /** Prefix of the dropout masks' names. */
  readonly place: string;
}

/** One encoder layer over x [batch, length, width]; returns the same shape. */
export function transformerEncoderLayer(
  scope: ParameterScope,
  x: Tensor,
  options: TransformerLayerOptions,
): Tensor {
  const { heads, feedForward, dropoutProbability: probability, dropout, place } = options;
  const width = x.axis(-1) as number;
  const attention = scope.at("self_attn");
  const [query, key, value] = projections(attention, x, width);
  const context = multiHeadAttention(query, key, value, {
    heads,
    dropout: { dropout, probability, place: `${place}.attention` },
  });
  const attended = linearLayer(attention.at("out_proj"), context, width, width);
  const first = layerNormLayer(
    scope.at("norm1"),
    add(x, dropout.apply(attended, probability, `${place}.dropout1`)),
    width,
    EPSILON,
  );
  const inner = relu(linearLayer(scope.at("linear1"), first, width, feedForward));
  const outer = linearLayer(
    scope.at("linear2"),
    dropout.apply(inner, probability, `${place}.dropout`),
    feedForward,
    width,
  );
  return layerNormLayer(
    scope.at("norm2"),
    add(first, dropout.apply(outer, probability, `${place}.dropout2`)),
    width,
    EPSILON,
  );
}

/** Query, key and value of x: one fused parameter, or three with PyTorch's names for separate ones. */
function projections(scope: ParameterScope, x: Tensor, width: number): readonly [Tensor, Tensor, Tensor] {
  const initializer = {
    kind: "uniform",
    bound: Math.sqrt(6 / (4 * width)), // Xavier over the fused [3 width, width], as in PyTorch
  } as const;
  const sizes = [width, width, width];
  const bias = scope.parameter("in_proj_bias", [3 * width], { kind: "zeros" });
  type Three = readonly [Tensor, Tensor, Tensor];
  if (3 * width * width <= MAX_FUSED) {
    const weight = scope.parameter("in_proj_weight", [3 * width, width], initializer);
    return split(linear(x, weight, bias), 2, sizes) as unknown as Three;
  }
  const biases = split(bias, 0, sizes);
  return ["q_proj_weight", "k_proj_weight", "v_proj_weight"].map((name, i) =>
    linear(x, scope.parameter(name, [width, width], initializer), biases[i]!),
  ) as unknown as Three;
}
