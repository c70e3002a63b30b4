// I2SRM for relations: a text encoder with visual prefixes, the pair of mentions as feature, semantic loss, AttnMixup.
// Follows the paper from top to bottom; all random values and picture features are inputs.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { concatenate } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { meanOfSpan } from "../entity-pair.ts";
import { type TextStart, textStates } from "../text-states.ts";
import { type ClassTraining, classTraining } from "./class-training.ts";
import type { I2srmConfig, VisualSizes } from "./config.ts";
import { packedPairs } from "./packed-pairs.ts";
import { visualPrefixInputs } from "./prefix-inputs.ts";
import type { PrefixUse } from "./prefix-use.ts";

/** Sizes of the graph for relations. */
export interface MreModelOptions {
  readonly encoder: TextEncoderConfig;
  readonly i2srm: I2srmConfig;
  /** Undefined for text only. */
  readonly visual: VisualSizes | undefined;
  readonly relations: number;
  /** Marker tokens appended to the vocabulary. */
  readonly addedTokens: number;
  /** Where the texts begin: at their tokens (the default), or at states of frozen layers. */
  readonly start?: TextStart;
  /** How pairs of mentions are read; absent: "separate". */
  readonly pairs?: PairReading | undefined;
}

/** "separate": a text once for each pair, with markers around its mentions. "packed": a text once for all its pairs, with their markers behind it. */
export type PairReading = "separate" | "packed";

/** Outputs of the text and picture part, the same for training and prediction. */
export interface MreForward {
  /** Last hidden states [batch, length, hidden]. */
  readonly hidden: Tensor;
  /** [mean of the head's tokens ; mean of the tail's tokens], [batch, 2 * hidden]; packed, of their markers, [pairs, 2 * hidden]. */
  readonly entityPair: Tensor;
  /** Relation scores [batch, relations]; packed, [pairs, relations]. */
  readonly logits: Tensor;
  readonly prefixes: ReadonlyMap<number, AttentionPrefix>;
}

/** Losses of one training batch, all scalars; `attended` is H* [batch, 2 * hidden]. */
export interface MreTraining extends MreForward, ClassTraining {}

/**
 * Scores of a batch. Graph inputs: `input_ids`, `attention_mask` int64 [batch, length]; `head_span`, `tail_span` int64 [batch, 2],
 * half-open token ranges; for texts that start at states `states` float32
 * [batch, length, hidden] in place of `input_ids`; with a visual channel `maps` float32 [batch, pictures, prompt, mapWidth] and `picture_mask`
 * float32 [batch, pictures], where pictures is 1 + objects, or objects without the whole picture. With packed pairs, the inputs are those of
 * `packedPairs`.
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
export function mreForward(
  scope: ParameterScope,
  options: MreModelOptions,
  dropout: Dropout,
  use?: PrefixUse,
): MreForward {
  const { hidden, entityPair, prefixes } =
    options.pairs === "packed"
      ? packedPairs(scope, options, dropout, use)
      : separatePairs(scope, options, dropout, use);
  const logits = classify(scope, entityPair, options);
  return { hidden, entityPair, logits, prefixes };
}

function separatePairs(
  scope: ParameterScope,
  options: MreModelOptions,
  dropout: Dropout,
  use: PrefixUse | undefined,
): Omit<MreForward, "logits"> {
  const { encoder, addedTokens, start = { kind: "tokens" } } = options;
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const { prefixes, encoderInputs } = visualPrefixInputs(scope, options, attentionMask, use);
  const hidden = textStates(scope.at("encoder"), encoder, {
    ...{ attentionMask, dropout, addedTokens, start },
    ...encoderInputs,
  });
  const entityPair = concatenate([meanOfSpan(hidden, "head_span"), meanOfSpan(hidden, "tail_span")], 1);
  return { hidden, entityPair, prefixes };
}

/**
 * Losses of a training batch. Further graph inputs: those of `classTraining`, with X = [H; H*] of the pairs of mentions.
 */
export function mreTraining(
  scope: ParameterScope,
  options: MreModelOptions,
  dropout: Dropout,
  mixing: boolean,
  weighted = false,
): MreTraining {
  const forward = mreForward(scope, options, dropout);
  const classifyRows = (rows: Tensor) => classify(scope, rows, options);
  return {
    ...forward,
    ...classTraining(scope, forward.entityPair, classifyRows, options, dropout, mixing, weighted),
  };
}

function classify(scope: ParameterScope, features: Tensor, { encoder, relations }: MreModelOptions): Tensor {
  return linearLayer(scope.at("classifier"), features, 2 * encoder.hiddenSize, relations);
}
