// Attention over an example's views with its real view as the query; a learnt "no view" is always included.

import type { Dimension } from "../../graph/dimension.ts";
import { gelu } from "../../graph/operators/activation.ts";
import { broadcastTo } from "../../graph/operators/broadcasting.ts";
import { add } from "../../graph/operators/elementwise.ts";
import { concatenate, filled, reshape } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { attentionBias, multiHeadAttention } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { layerNormLayer, linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { FusionConfig, PictureSizes } from "./config.ts";

const EPSILON = 1e-5;

/**
 * Picture features of a frozen encoder as views: maps [..., maps] and class scores [..., classes], each normalised because encoders
 * differ in scale, then concatenated and projected: [..., width].
 */
export function pictureViews(
  scope: ParameterScope,
  maps: Tensor,
  logits: Tensor,
  sizes: PictureSizes,
  { width }: FusionConfig,
): Tensor {
  const normal = concatenate(
    [
      layerNormLayer(scope.at("maps_norm"), maps, sizes.maps, EPSILON),
      layerNormLayer(scope.at("logits_norm"), logits, sizes.classes, EPSILON),
    ],
    maps.shape.length - 1,
  );
  const inner = gelu(linearLayer(scope.at("projection"), normal, sizes.maps + sizes.classes, width));
  return layerNormLayer(scope.at("output_norm"), inner, width, EPSILON);
}

/** Features of texts [..., inputWidth] as views: [..., width]. */
export function textViews(
  scope: ParameterScope,
  features: Tensor,
  inputWidth: number,
  width: number,
): Tensor {
  const inner = gelu(linearLayer(scope.at("projection"), features, inputWidth, width));
  return layerNormLayer(scope.at("output_norm"), inner, width, EPSILON);
}

export interface ViewAttention {
  /** The real view [batch, queryWidth]; with `queries`, that many rows of each example in turn. */
  readonly query: Tensor;
  /** Questions that each example asks its views, such as its tokens; default 1. */
  readonly queries?: Dimension;
  readonly queryWidth: number;
  /** [batch, views, width]. */
  readonly views: Tensor;
  /** float32 [batch, views]: 1 for a view, 0 for none. */
  readonly mask: Tensor;
}

/**
 * Attends from the query to the views: [batch, width], or a row for each row of the query. An additional learnt key and value means "no view": an example without views
 * attends only to it, and an example with uninformative views can prefer it.
 */
export function fuseViews(
  scope: ParameterScope,
  { query, queries = 1, queryWidth, views, mask }: ViewAttention,
  { width, heads, dropout: probability }: FusionConfig,
  dropout: Dropout,
): Tensor {
  const [batch] = views.shape as [Dimension, Dimension, number];
  const rows = query.shape[0]!;
  const nothing = scope.parameter("no_view", [1, 1, width], { kind: "normal", deviation: 0.02 });
  const all = concatenate([broadcastTo(nothing, [batch, 1, width]), views], 1);
  const allowed = concatenate([filled([batch, 1], 1), mask], 1);
  const asked = reshape(linearLayer(scope.at("query"), query, queryWidth, width), [batch, queries, width]);
  const context = multiHeadAttention(
    asked,
    linearLayer(scope.at("key"), all, width, width),
    linearLayer(scope.at("value"), all, width, width),
    {
      heads,
      bias: attentionBias(allowed),
      dropout: { dropout, probability, place: `${scope.prefix}.attention` },
    },
  );
  const output = linearLayer(scope.at("output"), reshape(context, [rows, width]), width, width);
  return layerNormLayer(
    scope.at("norm"),
    add(dropout.apply(output, probability, `${scope.prefix}.output`), reshape(asked, [rows, width])),
    width,
    EPSILON,
  );
}
