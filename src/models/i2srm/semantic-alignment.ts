// The semantic loss of I2SRM: aligns the picture's distribution with the text's.

import type { Dimension } from "../../graph/dimension.ts";
import { logSoftmax, softmax } from "../../graph/operators/activation.ts";
import { reduceSum } from "../../graph/operators/broadcasting.ts";
import { multiply, subtract } from "../../graph/operators/elementwise.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";

/**
 * KL(softmax(text) || softmax(W_kl logits)) per sample, weighted by `semantic_weights`: PyTorch's KLDivLoss with reduction "batchmean" when
 * all weights are 1 / batch. Graph inputs: `image_logits` float32 [samples, classes], `semantic_weights` float32 [samples].
 */
export function semanticAlignment(scope: ParameterScope, text: Tensor, classes: number): Tensor {
  const [samples, width] = text.shape as readonly [Dimension, number];
  const imageLogits = input("image_logits", "float32", [samples, classes]);
  const weights = input("semantic_weights", "float32", [samples]);
  const picture = logSoftmax(linearLayer(scope.at("linear_kl"), imageLogits, classes, width));
  const perSample = reduceSum(multiply(softmax(text), subtract(logSoftmax(text), picture)), { axes: [1] });
  return reduceSum(multiply(perSample, weights));
}
