// Frozen picture encoders in the Hugging Face layout with one interface for the visual channel: ResNet,
// ViT, DINOv2, and the picture towers of CLIP and SigLIP; each returns maps of 2 x 2 and one vector for the
// whole picture.
import { EncoderError } from "../base/errors.ts";
import { withoutNulls } from "../base/json.ts";
import { tanh } from "../graph/operators/activation.ts";
import { reshape, slice } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { clipVision, ofLengthOne } from "./clip.ts";
import { parseClipConfig } from "./clip-config.ts";
import { withModelType } from "./config-json.ts";
import { dinov2, parseDinov2Config, sizedTo } from "./dinov2.ts";
import { patchMaps } from "./patch-maps.ts";
import { parseResNetConfig } from "./resnet-config.ts";
import { parseSiglipConfig, siglipVision } from "./siglip.ts";
import { type VisualMaps, visualMaps } from "./visual-maps.ts";
import { vit } from "./vit.ts";
import { parseVitConfig, type VitConfig } from "./vit-config.ts";
import type { WeightSource } from "./weight-source.ts";

export interface PictureNetwork {
  /** What shapes the graph, for fingerprints. */
  readonly config: object;
  /** Usual width and height of its pictures. */
  readonly imageSize: number;
  /** Channels of the maps by stage, in the order in which they are joined: a ResNet's stages; a transformer has one. */
  readonly stages: readonly number[];
  /** Declares the graph for pixels [batch, 3, height, width]; parameters get Hugging Face's names. */
  readonly build: (scope: ParameterScope, pixels: Tensor) => VisualMaps;
}

/** The part of a weight file that is read. */
export type WeightNames = Pick<WeightSource, "names" | "spec">;

/** A ResNet accepts pictures of any size. */
const RESNET_IMAGE_SIZE = 224;

const MODEL_TYPES = ["resnet", "clip", "vit", "dinov2", "siglip", "siglip_vision_model"] as const;

/**
 * Builds the network of a parsed config.json. Maps are a ResNet's pooled stages, or the last states of a
 * transformer's patches, averaged over
 * quadrants. `logits` are class scores if the model has a classifier; else the embedding of CLIP or SigLIP,
 * with norm 1; else a ViT's pooled state, or its class state if the file has no pooler, as for DINOv2.
 *
 * @throws EncoderError `encoder/unsupported-config`
 */
export function pictureNetwork(
  file: Readonly<Record<string, unknown>>,
  place: string,
  weights: WeightNames,
): PictureNetwork {
  const json = withModelType(withoutNulls(file)) as Readonly<Record<string, unknown>>;
  const modelType = MODEL_TYPES.find((known) => known === json.model_type);
  switch (modelType) {
    case "resnet": {
      const config = parseResNetConfig(json, place);
      return {
        config,
        imageSize: RESNET_IMAGE_SIZE,
        stages: config.hiddenSizes,
        build: (scope, pixels) => visualMaps(scope, config, pixels),
      };
    }
    case "clip": {
      const config = parseClipConfig(json, place);
      return {
        config,
        imageSize: config.vision.imageSize,
        stages: [config.vision.hiddenSize],
        build(scope, pixels) {
          const { lastHiddenState, embeds } = clipVision(scope, config, pixels, new Dropout(false));
          return { maps: patchMaps(lastHiddenState, config.vision), logits: embeds };
        },
      };
    }
    case "vit": {
      const config = parseVitConfig(json, place);
      const head = vitHead(weights);
      requireTanh(head, json, place);
      return {
        config,
        imageSize: config.imageSize,
        stages: [config.hiddenSize],
        build: (scope, pixels) => vitMaps(scope, config, head, pixels),
      };
    }
    case "dinov2": {
      const config = parseDinov2Config(json, place);
      return {
        config,
        imageSize: config.imageSize,
        stages: [config.hiddenSize],
        build(scope, pixels) {
          const states = dinov2(scope, config, pixels);
          const logits = reshape(slice(states, 1, 0, 1), [pixels.axis(0), config.hiddenSize]);
          return { maps: patchMaps(states, sizedTo(config, pixels)), logits };
        },
      };
    }
    case "siglip":
    case "siglip_vision_model": {
      const config = parseSiglipConfig(json, place);
      return {
        config,
        imageSize: config.imageSize,
        stages: [config.hiddenSize],
        build(scope, pixels) {
          const { lastHiddenState, pooled } = siglipVision(scope, config, pixels);
          return { maps: patchMaps(lastHiddenState, config, 0), logits: ofLengthOne(pooled) };
        },
      };
    }
    case undefined:
      throw unsupported(
        place,
        json.model_type,
        `model_type is ${JSON.stringify(json.model_type)}`,
        `Use a folder of model_type ${MODEL_TYPES.join(", ")}, or describe an ONNX file (docs/your-data.md).`,
      );
    default:
      return modelType satisfies never;
  }
}

/** The heads in a file of ViT weights. */
type VitHead =
  | { readonly kind: "classifier"; readonly labels: number }
  | { readonly kind: "pooler" | "none" };

function vitHead(weights: WeightNames): VitHead {
  const names = weights.names();
  const classifier = names.find((name) => /(^|\.)classifier\.weight$/.test(name));
  if (classifier !== undefined) return { kind: "classifier", labels: weights.spec(classifier).shape[0]! };
  return { kind: names.some((name) => name.endsWith("pooler.dense.weight")) ? "pooler" : "none" };
}

function vitMaps(scope: ParameterScope, config: VitConfig, head: VitHead, pixels: Tensor): VisualMaps {
  const { hiddenSize } = config;
  // With a classifier, the encoder's names begin with "vit."; without one, they have no prefix.
  const body = head.kind === "classifier" ? scope.at("vit") : scope;
  const states = vit(body, config, pixels, new Dropout(false));
  const maps = patchMaps(states, config);
  const classState = reshape(slice(states, 1, 0, 1), [pixels.axis(0), hiddenSize]);
  switch (head.kind) {
    case "classifier":
      return { maps, logits: linearLayer(scope.at("classifier"), classState, hiddenSize, head.labels) };
    case "pooler":
      return {
        maps,
        logits: tanh(linearLayer(scope.at("pooler", "dense"), classState, hiddenSize, hiddenSize)),
      };
    case "none":
      return { maps, logits: classState };
    default:
      return head satisfies never;
  }
}

function requireTanh(head: VitHead, json: Readonly<Record<string, unknown>>, place: string): void {
  const { pooler_act: activation = "tanh", pooler_output_size: size = json.hidden_size } = json;
  if (head.kind !== "pooler" || (activation === "tanh" && size === json.hidden_size)) return;
  throw unsupported(
    place,
    { activation, size },
    `its pooler has the activation ${JSON.stringify(activation)} and the width ${JSON.stringify(size)}`,
    'Use a ViT whose pooler has the activation "tanh" and the width of its states.',
  );
}

function unsupported(place: string, value: unknown, what: string, remedy: string): EncoderError {
  return new EncoderError({
    code: "encoder/unsupported-config",
    message: `this config.json does not describe a supported picture encoder: ${what}`,
    place,
    value,
    remedy,
  });
}
