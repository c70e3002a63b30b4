// I2SRM for relations: a text encoder with visual prefixes, the pair of mentions as feature, semantic loss, AttnMixup.
// Follows the paper from top to bottom; all random values and picture features are inputs.
import { textEncoder } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { add, multiply, subtract } from "../../graph/operators/elementwise.ts";
import { gatherRows } from "../../graph/operators/indexing.ts";
import { concatenate, reshape } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { crossEntropy } from "../../nn/losses.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { transformerEncoderLayer } from "../../nn/transformer-layer.ts";
import { meanOfSpan } from "../entity-pair.ts";
import type { I2srmConfig, VisualSizes } from "./config.ts";
import { visualPrefixInputs } from "./prefix-inputs.ts";
import { semanticAlignment } from "./semantic-alignment.ts";

/** Sizes of the graph for relations. */
export interface MreModelOptions {
  readonly encoder: TextEncoderConfig;
  readonly i2srm: I2srmConfig;
  /** Undefined for text only. */
  readonly visual: VisualSizes | undefined;
  readonly relations: number;
  /** Marker tokens appended to the vocabulary. */
  readonly addedTokens: number;
}

/** Outputs of the text and picture part, the same for training and prediction. */
export interface MreForward {
  /** Last hidden states [batch, length, hidden]. */
  readonly hidden: Tensor;
  /** [mean of the head's tokens ; mean of the tail's tokens], [batch, 2 * hidden]. */
  readonly entityPair: Tensor;
  /** Relation scores [batch, relations]. */
  readonly logits: Tensor;
  readonly prefixes: ReadonlyMap<number, AttentionPrefix>;
}

/** Losses of one training batch, all scalars. */
export interface MreTraining extends MreForward {
  readonly loss: Tensor;
  readonly plainLoss: Tensor;
  readonly mixedLoss: Tensor | undefined;
  readonly semanticLoss: Tensor | undefined;
  /** H* [batch, 2 * hidden]. */
  readonly attended: Tensor | undefined;
}

/**
 * Scores of a batch. Graph inputs: `input_ids`, `attention_mask` int64 [batch, length]; `head_span`, `tail_span` int64 [batch, 2],
 * half-open token ranges; with a visual channel `maps` float32 [batch, 1 + objects, prompt, mapWidth] and `picture_mask`
 * float32 [batch, 1 + objects].
 *
 * @example
 * import { mreForward, PUBLISHED_MRE, type TextEncoderConfig, textOnly } from "relata/i2srm";
 * import { Dropout, ParameterScope } from "relata/nn";
 *
 * declare const encoder: TextEncoderConfig;
 * const scope = new ParameterScope();
 * const options = { encoder, i2srm: textOnly(PUBLISHED_MRE), visual: undefined, relations: 23, addedTokens: 4 };
 * const { logits } = mreForward(scope, options, new Dropout(false)); // ["batch", 23]
 */
export function mreForward(scope: ParameterScope, options: MreModelOptions, dropout: Dropout): MreForward {
  const { encoder } = options;
  const inputIds = input("input_ids", "int64", ["batch", "length"]);
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const { prefixes, encoderInputs } = visualPrefixInputs(scope, options);
  const hidden = textEncoder(scope.at("encoder"), encoder, {
    inputIds,
    attentionMask,
    dropout,
    addedTokens: options.addedTokens,
    ...encoderInputs,
  });
  const entityPair = concatenate([meanOfSpan(hidden, "head_span"), meanOfSpan(hidden, "tail_span")], 1);
  const logits = classify(scope, entityPair, options);
  return { hidden, entityPair, logits, prefixes };
}

/**
 * Losses of a training batch. Further graph inputs: `unmixed_rows`, `unmixed_labels` int64 [unmixed] (rows of X = [H; H*]); with
 * mixup `mixed_rows_a`, `mixed_rows_b`, `mixed_labels_a`, `mixed_labels_b` int64 [mixed] and the scalar `mix_lambda`; with the
 * semantic loss `image_logits` float32 [batch, classes] and `semantic_weights` float32 [batch] (1 / number of pictures in the batch for
 * samples with a picture, else 0).
 */
export function mreTraining(
  scope: ParameterScope,
  options: MreModelOptions,
  dropout: Dropout,
  mixing: boolean,
): MreTraining {
  const { i2srm, visual, encoder } = options;
  const forward = mreForward(scope, options, dropout);
  const { entityPair } = forward;
  const width = 2 * encoder.hiddenSize;

  let attended: Tensor | undefined;
  if (i2srm.attention.enabled) {
    const samplesAsSequence = reshape(entityPair, [1, "batch", width]);
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
      ["batch", width],
    );
  }
  const rows = attended ? concatenate([entityPair, attended], 0) : entityPair;

  const unmixed = gatherRows(rows, input("unmixed_rows", "int64", ["unmixed"]));
  const plainLoss = crossEntropy(
    classify(scope, unmixed, options),
    input("unmixed_labels", "int64", ["unmixed"]),
  );
  let loss = plainLoss;

  let mixedLoss: Tensor | undefined;
  if (mixing) {
    const lambda = input("mix_lambda", "float32", []);
    const rest = subtract(1, lambda);
    const a = gatherRows(rows, input("mixed_rows_a", "int64", ["mixed"]));
    const b = gatherRows(rows, input("mixed_rows_b", "int64", ["mixed"]));
    const logits = classify(scope, add(multiply(a, lambda), multiply(b, rest)), options);
    mixedLoss = add(
      multiply(lambda, crossEntropy(logits, input("mixed_labels_a", "int64", ["mixed"]))),
      multiply(rest, crossEntropy(logits, input("mixed_labels_b", "int64", ["mixed"]))),
    );
    loss = add(loss, mixedLoss);
  }

  let semanticLoss: Tensor | undefined;
  if (visual && i2srm.semanticLoss.enabled) {
    semanticLoss = semanticAlignment(scope, entityPair, visual.classes);
    loss = add(loss, multiply(semanticLoss, i2srm.semanticLoss.weight));
  }
  return { ...forward, loss, plainLoss, mixedLoss, semanticLoss, attended };
}

function classify(scope: ParameterScope, features: Tensor, { encoder, relations }: MreModelOptions): Tensor {
  return linearLayer(scope.at("classifier"), features, 2 * encoder.hiddenSize, relations);
}
