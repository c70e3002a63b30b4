// ViT (Dosovitskiy et al. 2020): a pre-norm transformer over the patches of a picture, in the Hugging Face layout.
import { add } from "../graph/operators/elementwise.ts";
import type { Tensor } from "../graph/tensor.ts";
import { multiHeadAttention } from "../nn/attention.ts";
import type { Dropout } from "../nn/dropout.ts";
import { layerNormLayer, linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { activate } from "./activation.ts";
import { patchRows, positionCount, requirePixels } from "./vision-layers.ts";
import type { VitConfig } from "./vit-config.ts";

/**
 * The normalised states after the last layer of pixels [batch, channels, side, side]: [batch, 1 + patches, hidden], the class
 * first. Parameters are declared below `scope` under Hugging Face's names.
 *
 * @throws EncoderError `encoder/wrong-picture-shape`
 */
export function vit(scope: ParameterScope, config: VitConfig, pixels: Tensor, dropout: Dropout): Tensor {
  requirePixels("vit", pixels, config.channels, config.imageSize);
  let hidden = embeddings(scope.at("embeddings"), config, pixels, dropout);
  for (let i = 0; i < config.layers; i++) {
    hidden = layer(scope.at("encoder", "layer", i), config, hidden, dropout);
  }
  return layerNormLayer(scope.at("layernorm"), hidden, config.hiddenSize, config.layerNormEpsilon);
}

function embeddings(scope: ParameterScope, config: VitConfig, pixels: Tensor, dropout: Dropout): Tensor {
  const { hiddenSize, channels, patchSize, initializerRange: deviation } = config;
  const normal = { kind: "normal", deviation } as const;
  const projection = scope.at("patch_embeddings", "projection");
  const rows = patchRows(
    pixels,
    config,
    projection.parameter("weight", [hiddenSize, channels, patchSize, patchSize], normal),
    projection.parameter("bias", [hiddenSize]),
    scope.parameter("cls_token", [1, 1, hiddenSize], normal),
  );
  const positions = scope.parameter("position_embeddings", [1, positionCount(config), hiddenSize], normal);
  return dropout.apply(add(rows, positions), config.hiddenDropout, scope.prefix);
}

function layer(scope: ParameterScope, config: VitConfig, x: Tensor, dropout: Dropout): Tensor {
  const { hiddenSize, intermediateSize, heads, layerNormEpsilon: epsilon, hiddenDropout } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const self = scope.at("attention", "attention");
  const before = layerNormLayer(scope.at("layernorm_before"), x, hiddenSize, epsilon);
  const project = (name: string) =>
    linearLayer(self.at(name), before, hiddenSize, hiddenSize, { initializer, bias: config.projectionBias });
  const context = multiHeadAttention(project("query"), project("key"), project("value"), {
    heads,
    dropout: { dropout, probability: config.attentionDropout, place: self.prefix },
  });
  const output = scope.at("attention", "output");
  const attended = linearLayer(output.at("dense"), context, hiddenSize, hiddenSize, { initializer });
  const first = add(dropout.apply(attended, hiddenDropout, output.prefix), x);
  const after = layerNormLayer(scope.at("layernorm_after"), first, hiddenSize, epsilon);
  const inner = activate(
    linearLayer(scope.at("intermediate", "dense"), after, hiddenSize, intermediateSize, { initializer }),
    config.activation,
  );
  const outer = linearLayer(scope.at("output", "dense"), inner, intermediateSize, hiddenSize, {
    initializer,
  });
  return add(dropout.apply(outer, hiddenDropout, scope.at("output").prefix), first);
}
