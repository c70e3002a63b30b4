// MI2RAGE's student for relations: the real view, attention over views of the other modality, one classifier. The teacher is the same
// model applied to single views. A reconstruction: the paper's code was never published.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { type Dimension, productOf, type Shape } from "../../graph/dimension.ts";
import { logSoftmax } from "../../graph/operators/activation.ts";
import { broadcastTo } from "../../graph/operators/broadcasting.ts";
import { add, multiply, subtract } from "../../graph/operators/elementwise.ts";
import { gatherRows } from "../../graph/operators/indexing.ts";
import { concatenate, reshape } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { crossEntropy, weightedCrossEntropy } from "../../nn/losses.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { meanOfSpan } from "../entity-pair.ts";
import { type TextStart, textStates } from "../text-states.ts";
import type { FusionConfig, PictureSizes, RealView } from "./config.ts";
import { fuseViews, pictureViews, textViews } from "./view-fusion.ts";

/** Sizes of the student's graph. */
export interface StudentOptions {
  readonly encoder: TextEncoderConfig;
  readonly relations: number;
  /** Marker tokens appended to the vocabulary. */
  readonly addedTokens: number;
  readonly real: RealView;
  readonly fusion: FusionConfig;
  /** Undefined: there are no pictures, and the classifier uses only the text. */
  readonly picture: PictureSizes | undefined;
}

/** "fused": one score vector per example. "each": one per view, for the teacher and for averaging. */
export type ViewReading = "fused" | "each";
/** "fused" with a trust b: log p(y | none) + b (log p(y | views) - log p(y | none)). */
export type TrustedReading = { readonly trust: number };

/**
 * Relation scores: float32 [batch, relations], or [batch, views, relations] for "each".
 *
 * Graph inputs. `attention_mask` int64 [texts, length], `head_span`, `tail_span` int64 [texts, 2], half-open token ranges; `input_ids` int64
 * [texts, length], or `states` float32 [texts, length, hidden]. `texts` is the batch size if the text is real, and batch * views (all views
 * of each example in turn) if it is generated. `view_mask` float32 [batch, views]. Pictures as views: `view_maps` float32 [batch, views,
 * maps], `view_logits` float32 [batch, views, classes]. The real picture: `picture_maps` [batch, maps], `picture_logits` [batch, classes],
 * `picture_mask` [batch, 1], all float32.
 *
 * @example
 * import { studentForward, type TextEncoderConfig } from "relata/mi2rage";
 * import { Dropout, ParameterScope } from "relata/nn";
 *
 * declare const encoder: TextEncoderConfig;
 * const options = {
 *   ...{ encoder, relations: 23, addedTokens: 4, real: "text" as const },
 *   fusion: { width: 256, heads: 4, dropout: 0.1 },
 *   picture: { maps: 3840, classes: 1000 },
 * };
 * const logits = studentForward(new ParameterScope(), options, new Dropout(false), "fused"); // ["batch", 23]
 */
export function studentForward(
  scope: ParameterScope,
  options: StudentOptions,
  dropout: Dropout,
  reading: ViewReading | TrustedReading,
  start: TextStart = { kind: "tokens" },
): Tensor {
  return scoresOf(scope, options, dropout, { reading, start });
}

/** How a graph reads and scores; `mix` changes the representations [batch, width] before the classifier. */
interface Scoring {
  readonly reading: ViewReading | TrustedReading;
  readonly start: TextStart;
  readonly mix?: (representations: Tensor) => Tensor;
}

function scoresOf(
  scope: ParameterScope,
  options: StudentOptions,
  dropout: Dropout,
  { reading, start, mix = (representations) => representations }: Scoring,
): Tensor {
  const { encoder, relations, real, picture, fusion } = options;
  const pairWidth = 2 * encoder.hiddenSize;
  const texts: Dimension = real === "text" ? "batch" : productOf(["batch", "views"]);
  const pair = entityPair(scope, options, dropout, start, texts);
  const classifier = scope.at("classifier");
  if (!picture) return linearLayer(classifier, mix(pair), pairWidth, relations);

  const features = (name: string, before: Shape) =>
    pictureViews(
      scope.at("pictures"),
      input(`${name}_maps`, "float32", [...before, picture.maps]),
      input(`${name}_logits`, "float32", [...before, picture.classes]),
      picture,
      fusion,
    );
  const queryWidth = real === "text" ? pairWidth : fusion.width;
  const query = real === "text" ? pair : presentOrLearnt(scope, features("picture", ["batch"]), fusion);
  const views =
    real === "text"
      ? features("view", ["batch", "views"])
      : textViews(scope.at("texts"), reshape(pair, ["batch", "views", pairWidth]), pairWidth, fusion.width);
  const mask = input("view_mask", "float32", ["batch", "views"]);
  const classify = (asked: Tensor, among: Tensor, allowed: Tensor) => {
    const fused = fuseViews(
      scope.at("fusion"),
      { query: asked, queryWidth, views: among, mask: allowed },
      fusion,
      dropout,
    );
    const representations = mix(concatenate([asked, fused], 1));
    return linearLayer(classifier, representations, queryWidth + fusion.width, relations);
  };
  if (reading === "fused") return classify(query, views, mask);
  if (reading !== "each") {
    const without = logSoftmax(classify(query, views, multiply(mask, 0)));
    const moved = subtract(logSoftmax(classify(query, views, mask)), without);
    return add(without, multiply(moved, reading.trust));
  }
  const rows = productOf(["batch", "views"]);
  const repeated = broadcastTo(reshape(query, ["batch", 1, queryWidth]), ["batch", "views", queryWidth]);
  const logits = classify(
    reshape(repeated, [rows, queryWidth]),
    reshape(views, [rows, 1, fusion.width]),
    reshape(mask, [rows, 1]),
  );
  return reshape(logits, ["batch", "views", relations]);
}

/**
 * The mean cross-entropy of a batch; needs one more graph input, `labels` int64 [batch].
 *
 * With `mixing` (mixup, arXiv 1710.09412, of the representations before the classifier, as in arXiv 1806.05236), every
 * representation is mixed with that of another example and the loss with that example's label. Further graph inputs: `partners`,
 * `partner_labels` int64 [batch], and the scalar `mix_lambda`, the share of an example's own representation and label.
 *
 * With `weighted`, every label's loss is multiplied by the weight of the example that it comes from: `label_weights` and, with `mixing`,
 * `partner_label_weights` float32 [batch].
 */
export function studentLoss(
  scope: ParameterScope,
  options: StudentOptions,
  dropout: Dropout,
  start: TextStart,
  { mixing = false, weighted = false }: { readonly mixing?: boolean; readonly weighted?: boolean } = {},
): Tensor {
  const lossOf = (logits: Tensor, name: "" | "partner_") => {
    const labels = input(`${name}labels`, "int64", ["batch"]);
    return weighted
      ? weightedCrossEntropy(logits, labels, input(`${name}label_weights`, "float32", ["batch"]))
      : crossEntropy(logits, labels);
  };
  if (!mixing) return lossOf(studentForward(scope, options, dropout, "fused", start), "");
  const lambda = input("mix_lambda", "float32", []);
  const interpolate = (own: Tensor, partner: Tensor) =>
    add(multiply(own, lambda), multiply(partner, subtract(1, lambda)));
  const partners = input("partners", "int64", ["batch"]);
  const logits = scoresOf(scope, options, dropout, {
    reading: "fused",
    start,
    mix: (representations) => interpolate(representations, gatherRows(representations, partners)),
  });
  return interpolate(lossOf(logits, ""), lossOf(logits, "partner_"));
}

/** [mean of the head's tokens ; mean of the tail's tokens], [texts, 2 * hidden]. */
function entityPair(
  scope: ParameterScope,
  { encoder, addedTokens }: StudentOptions,
  dropout: Dropout,
  start: TextStart,
  texts: Dimension,
): Tensor {
  const attentionMask = input("attention_mask", "int64", [texts, "length"]);
  const hidden = textStates(scope.at("encoder"), encoder, { attentionMask, dropout, addedTokens, start });
  return concatenate([meanOfSpan(hidden, "head_span"), meanOfSpan(hidden, "tail_span")], 1);
}

/** The real picture's features, or a learnt vector if it is missing: [batch, width]. */
function presentOrLearnt(scope: ParameterScope, features: Tensor, { width }: FusionConfig): Tensor {
  const missing = scope.parameter("missing_picture", [1, width], { kind: "normal", deviation: 0.02 });
  const present = input("picture_mask", "float32", ["batch", 1]);
  return add(multiply(features, present), multiply(missing, subtract(1, present)));
}
