// PyTorch's TransformerEncoderLayer (post-norm, ReLU), with its parameter names: the cross-sample attention of AttnMixup.
import { add, linear, relu, split, type Tensor } from "../graph/index.ts";
import { multiHeadAttention } from "./attention.ts";
import type { Dropout } from "./dropout.ts";
import { layerNormLayer, linearLayer } from "./layers.ts";
import type { ParameterScope } from "./parameter-scope.ts";

const EPSILON = 1e-5; // PyTorch's default

export interface TransformerLayerOptions {
  readonly heads: number;
  readonly feedForward: number;
  readonly dropoutProbability: number;
  readonly dropout: Dropout;
  /** Where the dropout masks are named from. */
  readonly place: string;
}

/** One encoder layer over x [batch, length, width]; the same shape comes back. */
export function transformerEncoderLayer(
  scope: ParameterScope,
  x: Tensor,
  options: TransformerLayerOptions,
): Tensor {
  const { heads, feedForward, dropoutProbability: probability, dropout, place } = options;
  const width = x.axis(-1) as number;
  const attention = scope.at("self_attn");
  const weight = attention.parameter("in_proj_weight", [3 * width, width], {
    kind: "uniform",
    bound: Math.sqrt(6 / (4 * width)), // Xavier over the fused [3 width, width], as PyTorch draws it
  });
  const bias = attention.parameter("in_proj_bias", [3 * width], { kind: "zeros" });
  const [query, key, value] = split(linear(x, weight, bias), 2, [width, width, width]) as [
    Tensor,
    Tensor,
    Tensor,
  ];
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
