// Losses: cross-entropy and Kullback-Leibler divergence, as PyTorch defines them.
import {
  countOf,
  type Dimension,
  divide,
  logSoftmax,
  multiply,
  negate,
  reduceSum,
  softmax,
  subtract,
  type Tensor,
  takeAlongLastAxis,
} from "../graph/index.ts";

/** Negative log-likelihood of `labels` (int64 [rows]) under softmax(`logits` [rows, classes]), per row: [rows]. */
export function crossEntropyPerRow(logits: Tensor, labels: Tensor): Tensor {
  return negate(takeAlongLastAxis(logSoftmax(logits), labels));
}

/** Mean of {@link crossEntropyPerRow}. */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const rows: Dimension = logits.shape[0]!;
  return divide(reduceSum(crossEntropyPerRow(logits, labels)), countOf([rows]));
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
