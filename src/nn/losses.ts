// Losses: cross-entropy and Kullback-Leibler divergence, as PyTorch defines them.

import type { Dimension } from "../graph/dimension.ts";
import { logSoftmax, negate, softmax } from "../graph/operators/activation.ts";
import { reduceSum } from "../graph/operators/broadcasting.ts";
import { divide, multiply, subtract } from "../graph/operators/elementwise.ts";
import { takeAlongLastAxis } from "../graph/operators/indexing.ts";
import { countOf } from "../graph/operators/reduction.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Negative log-likelihood of `labels` (int64 [rows]) under softmax(`logits` [rows, classes]), per row: [rows]. */
export function crossEntropyPerRow(logits: Tensor, labels: Tensor): Tensor {
  return negate(takeAlongLastAxis(logSoftmax(logits), labels));
}

/**
 * Mean of {@link crossEntropyPerRow}.
 *
 * @example
 * import { input } from "relata/graph";
 * import { crossEntropy, linearLayer, ParameterScope } from "relata/nn";
 *
 * const scope = new ParameterScope();
 * const logits = linearLayer(scope.at("head"), input("x", "float32", ["batch", 768]), 768, 23);
 * const loss = crossEntropy(logits, input("labels", "int64", ["batch"])); // a scalar
 * [...scope.table.keys()]; // ["head.weight", "head.bias"]
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const rows: Dimension = logits.shape[0]!;
  return divide(reduceSum(crossEntropyPerRow(logits, labels)), countOf([rows]));
}

/**
 * Sum of {@link crossEntropyPerRow} times `weights` (float32 [rows]), divided by the number of rows: equal to {@link crossEntropy} where all weights are 1.
 */
export function weightedCrossEntropy(logits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  const perRow = multiply(crossEntropyPerRow(logits, labels), weights);
  return divide(reduceSum(perRow), countOf([logits.shape[0]!]));
}

/**
 * KL(softmax(target) || softmax(estimate)), summed over classes and divided by the number of rows: PyTorch's KLDivLoss with
 * reduction "batchmean". Both [rows, classes], unnormalised.
 */
export function klDivergence(estimate: Tensor, target: Tensor): Tensor {
  const probabilities = softmax(target);
  const difference = subtract(logSoftmax(target), logSoftmax(estimate));
  return divide(reduceSum(multiply(probabilities, difference)), countOf([estimate.shape[0]!]));
}
