// I2SRM for the class of a whole post: a text encoder with visual prefixes, the mean of the tokens' states as feature, semantic loss, AttnMixup.
// The papers leave this task open; everything after the feature is the relation model's.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { Dimension } from "../../graph/dimension.ts";
import { reduceSum } from "../../graph/operators/broadcasting.ts";
import { cast, divide } from "../../graph/operators/elementwise.ts";
import { matmul } from "../../graph/operators/matrix.ts";
import { reshape } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { type TextStart, textStates } from "../text-states.ts";
import { type ClassTraining, classTraining } from "./class-training.ts";
import type { I2srmConfig, VisualSizes } from "./config.ts";
import { visualPrefixInputs } from "./prefix-inputs.ts";
import type { PrefixUse } from "./prefix-use.ts";

/** Sizes of the graph for categories. */
export interface ClassificationModelOptions {
  readonly encoder: TextEncoderConfig;
  readonly i2srm: I2srmConfig;
  /** Undefined for text only. */
  readonly visual: VisualSizes | undefined;
  readonly categories: number;
  /** Where the texts begin: at their tokens (the default), or at states of frozen layers. */
  readonly start?: TextStart;
}

/** Outputs of the text and picture part, the same for training and prediction. */
export interface ClassificationForward {
  /** Last hidden states [batch, length, hidden]. */
  readonly hidden: Tensor;
  /** Mean of the states of a text's tokens, [CLS] and [SEP] included, [batch, hidden]. */
  readonly pooled: Tensor;
  /** Scores of the categories [batch, categories]. */
  readonly logits: Tensor;
}

/** Losses of one training batch, all scalars; `attended` is H* [batch, hidden]. */
export interface ClassificationTraining extends ClassificationForward, ClassTraining {}

/**
 * Scores of a batch. Graph inputs: `input_ids`, `attention_mask` int64 [batch, length] (`states` float32 [batch, length, hidden] in
 * place of `input_ids` for texts that start there); with a visual channel `maps` float32
 * [batch, pictures, prompt, mapWidth] and `picture_mask` float32 [batch, pictures].
 *
 * @example
 * import { classificationForward, PUBLISHED_MRE, type TextEncoderConfig, textOnly } from "relata/i2srm";
 * import { Dropout, ParameterScope } from "relata/nn";
 *
 * declare const encoder: TextEncoderConfig;
 * const options = { encoder, i2srm: textOnly(PUBLISHED_MRE), visual: undefined, categories: 3 };
 * const { logits } = classificationForward(new ParameterScope(), options, new Dropout(false)); // ["batch", 3]
 */
export function classificationForward(
  scope: ParameterScope,
  options: ClassificationModelOptions,
  dropout: Dropout,
  use?: PrefixUse,
): ClassificationForward {
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const { encoderInputs } = visualPrefixInputs(scope, options, attentionMask, use);
  const { start = { kind: "tokens" } } = options;
  const hidden = textStates(scope.at("encoder"), options.encoder, {
    ...{ attentionMask, dropout, start },
    ...encoderInputs,
  });
  const pooled = meanOfTokens(hidden, attentionMask);
  return { hidden, pooled, logits: classify(scope, pooled, options) };
}

/** Losses of a training batch. Further graph inputs: those of `classTraining`, with X = [H; H*] of the posts. */
export function classificationTraining(
  scope: ParameterScope,
  options: ClassificationModelOptions,
  dropout: Dropout,
  mixing: boolean,
  weighted = false,
): ClassificationTraining {
  const forward = classificationForward(scope, options, dropout);
  const classifyRows = (rows: Tensor) => classify(scope, rows, options);
  return {
    ...forward,
    ...classTraining(scope, forward.pooled, classifyRows, options, dropout, mixing, weighted),
  };
}

/** Mean of the states [batch, length, hidden] where the mask is 1: [batch, hidden]. */
function meanOfTokens(hidden: Tensor, attentionMask: Tensor): Tensor {
  const [batch, length, width] = hidden.shape as [Dimension, Dimension, number];
  const mask = cast(attentionMask, "float32");
  const weights = divide(mask, reduceSum(mask, { axes: [1], keepDimensions: true }));
  return reshape(matmul(reshape(weights, [batch, 1, length]), hidden), [batch, width]);
}

function classify(
  scope: ParameterScope,
  features: Tensor,
  { encoder, categories }: ClassificationModelOptions,
): Tensor {
  return linearLayer(scope.at("classifier"), features, encoder.hiddenSize, categories);
}
