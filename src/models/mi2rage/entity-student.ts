// MI2RAGE's student for entities: every token attends to the views of its text; tag scores from both, and a CRF. Ours: the paper is about
// relations only.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { productOf } from "../../graph/dimension.ts";
import { gelu } from "../../graph/operators/activation.ts";
import { cast } from "../../graph/operators/elementwise.ts";
import { concatenate, reshape } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { type CrfParameters, crfParameters } from "../../nn/linear-chain-crf.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { type TextStart, textStates } from "../text-states.ts";
import type { FusionConfig, PictureSizes } from "./config.ts";
import { fuseViews, pictureViews } from "./view-fusion.ts";

/** Sizes of the student's graph for entities. */
export interface EntityStudentOptions {
  readonly encoder: TextEncoderConfig;
  readonly tags: number;
  /** Width of a token's feature. */
  readonly emissionWidth: number;
  readonly fusion: FusionConfig;
  /** Undefined: there are no pictures, and tags are scored from the text alone. */
  readonly picture: PictureSizes | undefined;
}

/** What the CRF needs. */
export interface TagScores {
  /** [batch, length, tags]. */
  readonly emissions: Tensor;
  readonly crf: CrfParameters;
  /** float32 [batch, length]. */
  readonly mask: Tensor;
}

/**
 * Tag scores of a batch of real texts with pictures as views. Graph inputs: `attention_mask` int64 [batch, length]; `input_ids` int64 [batch,
 * length], or `states` float32 [batch, length, hidden]; `view_maps` float32 [batch, views, maps], `view_logits` float32 [batch, views, classes],
 * `view_mask` float32 [batch, views]. `mnerLikelihoodLoss` is its loss.
 *
 * @example
 * import { entityStudentForward, type TextEncoderConfig } from "relata/mi2rage";
 * import { Dropout, ParameterScope } from "relata/nn";
 *
 * declare const encoder: TextEncoderConfig;
 * const options = {
 *   ...{ encoder, tags: 13, emissionWidth: 150 },
 *   fusion: { width: 256, heads: 4, dropout: 0.1 },
 *   picture: { maps: 3840, classes: 1000 },
 * };
 * const { emissions } = entityStudentForward(new ParameterScope(), options, new Dropout(false)); // ["batch", "length", 13]
 */
export function entityStudentForward(
  scope: ParameterScope,
  options: EntityStudentOptions,
  dropout: Dropout,
  start: TextStart = { kind: "tokens" },
): TagScores {
  const { encoder, tags, emissionWidth } = options;
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const hidden = textStates(scope.at("encoder"), encoder, { attentionMask, dropout, start });
  const { states, width } = withViews(scope, options, dropout, hidden);
  const features = gelu(linearLayer(scope.at("fc"), states, width, emissionWidth));
  return {
    emissions: linearLayer(scope.at("linear"), features, emissionWidth, tags),
    crf: crfParameters(scope.at("crf"), tags),
    mask: cast(attentionMask, "float32"),
  };
}

/** The tokens' states, each joined with what it reads in the views. */
function withViews(
  scope: ParameterScope,
  { encoder, fusion, picture }: EntityStudentOptions,
  dropout: Dropout,
  hidden: Tensor,
): { readonly states: Tensor; readonly width: number } {
  const { hiddenSize } = encoder;
  if (!picture) return { states: hidden, width: hiddenSize };
  const views = pictureViews(
    scope.at("pictures"),
    input("view_maps", "float32", ["batch", "views", picture.maps]),
    input("view_logits", "float32", ["batch", "views", picture.classes]),
    picture,
    fusion,
  );
  const tokens = productOf(["batch", "length"]);
  const seen = fuseViews(
    scope.at("fusion"),
    {
      query: reshape(hidden, [tokens, hiddenSize]),
      queries: "length",
      queryWidth: hiddenSize,
      views,
      mask: input("view_mask", "float32", ["batch", "views"]),
    },
    fusion,
    dropout,
  );
  const states = concatenate([hidden, reshape(seen, ["batch", "length", fusion.width])], 2);
  return { states, width: hiddenSize + fusion.width };
}
