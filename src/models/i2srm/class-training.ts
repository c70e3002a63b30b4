// How I2SRM trains one class per sample, whatever a sample is (a pair of mentions, a post): cross-sample attention, AttnMixup, semantic loss.
import type { Dimension } from "../../graph/dimension.ts";
import { add, multiply, subtract } from "../../graph/operators/elementwise.ts";
import { gatherRows } from "../../graph/operators/indexing.ts";
import { concatenate, reshape } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { crossEntropy, weightedCrossEntropy } from "../../nn/losses.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { transformerEncoderLayer } from "../../nn/transformer-layer.ts";
import type { I2srmConfig, VisualSizes } from "./config.ts";
import { semanticAlignment } from "./semantic-alignment.ts";

/** Losses of one training batch, all scalars. */
export interface ClassTraining {
  readonly loss: Tensor;
  readonly plainLoss: Tensor;
  readonly mixedLoss: Tensor | undefined;
  readonly semanticLoss: Tensor | undefined;
  /** H* [samples, width]. */
  readonly attended: Tensor | undefined;
}

/**
 * Losses of a batch of features H [samples, width] (the samples are the batch's texts, or its pairs of mentions). `classify` gives the class scores of rows of features. Graph inputs: `unmixed_rows`,
 * `unmixed_labels` int64 [unmixed] (rows of X = [H; H*]); with mixup `mixed_rows_a`, `mixed_rows_b`, `mixed_labels_a`, `mixed_labels_b` int64
 * [mixed] and the scalar `mix_lambda`; with the semantic loss `image_logits` float32 [samples, classes] and `semantic_weights` float32 [samples]
 * (1 / number of pictures in the batch for samples with a picture, else 0); with `weighted` `unmixed_weights` float32 [unmixed] and, with mixup,
 * `mixed_weights_a`, `mixed_weights_b` float32 [mixed]. Every label's loss is multiplied by the weight of the sample that the label comes from: a
 * mixed row of a sure and an unsure label learns lambda times the one and (1 - lambda) times the other, each as far as it is sure.
 */
export function classTraining(
  scope: ParameterScope,
  features: Tensor,
  classify: (rows: Tensor) => Tensor,
  { i2srm, visual }: { readonly i2srm: I2srmConfig; readonly visual: VisualSizes | undefined },
  dropout: Dropout,
  mixing: boolean,
  weighted = false,
): ClassTraining {
  const [samples, width] = features.shape as readonly [Dimension, number];

  let attended: Tensor | undefined;
  if (i2srm.attention.enabled) {
    const samplesAsSequence = reshape(features, [1, samples, width]);
    const { heads, feedForward, dropout: dropoutProbability } = i2srm.attention;
    const place = "encoder_layers";
    attended = reshape(
      transformerEncoderLayer(scope.at(place), samplesAsSequence, {
        heads,
        feedForward,
        dropoutProbability,
        dropout,
        place,
      }),
      [samples, width],
    );
  }
  const rows = attended ? concatenate([features, attended], 0) : features;

  const unmixed = gatherRows(rows, input("unmixed_rows", "int64", ["unmixed"]));
  const lossOf = (logits: Tensor, rows: "unmixed" | "mixed", side: "" | "_a" | "_b" = "") => {
    const labels = input(`${rows}_labels${side}`, "int64", [rows]);
    return weighted
      ? weightedCrossEntropy(logits, labels, input(`${rows}_weights${side}`, "float32", [rows]))
      : crossEntropy(logits, labels);
  };
  const plainLoss = lossOf(classify(unmixed), "unmixed");
  let loss = plainLoss;

  let mixedLoss: Tensor | undefined;
  if (mixing) {
    const lambda = input("mix_lambda", "float32", []);
    const rest = subtract(1, lambda);
    const a = gatherRows(rows, input("mixed_rows_a", "int64", ["mixed"]));
    const b = gatherRows(rows, input("mixed_rows_b", "int64", ["mixed"]));
    const logits = classify(add(multiply(a, lambda), multiply(b, rest)));
    mixedLoss = add(
      multiply(lambda, lossOf(logits, "mixed", "_a")),
      multiply(rest, lossOf(logits, "mixed", "_b")),
    );
    loss = add(loss, mixedLoss);
  }

  let semanticLoss: Tensor | undefined;
  if (visual && i2srm.semanticLoss.enabled) {
    semanticLoss = semanticAlignment(scope, features, visual.classes);
    loss = add(loss, multiply(semanticLoss, i2srm.semanticLoss.weight));
  }
  return { loss, plainLoss, mixedLoss, semanticLoss, attended };
}
