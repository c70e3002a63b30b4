// ResNet with basic or bottleneck layers (He et al. 2015, v1.5 by default), batch statistics frozen.

import { relu } from "../graph/operators/activation.ts";
import { maxPool2d } from "../graph/operators/convolution.ts";
import { add } from "../graph/operators/elementwise.ts";
import { reduceMean } from "../graph/operators/reduction.ts";
import type { Tensor } from "../graph/tensor.ts";
import { linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { activate } from "./activation.ts";
import type { ResNetConfig } from "./resnet-config.ts";
import { normalizedConvolution, requirePixels } from "./vision-layers.ts";

const BOTTLENECK_REDUCTION = 4;

export interface ResNetOutputs {
  /** float32 [batch, labels]. */
  readonly logits: Tensor;
  /** Feature maps after every stage: float32 [batch, hiddenSizes[i], height_i, width_i]. */
  readonly stages: readonly Tensor[];
}

/**
 * Logits and stages of pixels [batch, channels, height, width]; height and width are numbers. Declares
 * parameters, including running statistics, below `scope` under Hugging Face's names ("resnet." and
 * "classifier.1.").
 *
 * @throws EncoderError `encoder/wrong-picture-shape`
 */
export function resnet(scope: ParameterScope, config: ResNetConfig, pixels: Tensor): ResNetOutputs {
  requirePixels("resnet", pixels, config.channels);
  const body = scope.at("resnet");
  let hidden = stem(body.at("embedder", "embedder"), config, pixels);
  let channels = config.embeddingSize;
  const stages: Tensor[] = [];
  config.hiddenSizes.forEach((width, stage) => {
    for (let layer = 0; layer < config.depths[stage]!; layer++) {
      const downsample = layer === 0 && (stage > 0 || config.downsampleInFirstStage);
      const place = body.at("encoder", "stages", stage, "layers", layer);
      hidden = residualLayer(place, config, hidden, channels, width, downsample ? 2 : 1);
      channels = width;
    }
    stages.push(hidden);
  });
  const pooled = reduceMean(hidden, { axes: [2, 3] });
  return { logits: linearLayer(scope.at("classifier", 1), pooled, channels, config.labels), stages };
}

function stem(scope: ParameterScope, config: ResNetConfig, pixels: Tensor): Tensor {
  const sizes = { from: config.channels, to: config.embeddingSize, kernel: 7, stride: 2 };
  const embedded = activate(normalizedConvolution(scope, pixels, sizes), config.activation);
  return maxPool2d(embedded, { kernel: 3, stride: 2, padding: 1 });
}

function residualLayer(
  scope: ParameterScope,
  config: ResNetConfig,
  x: Tensor,
  from: number,
  to: number,
  stride: number,
): Tensor {
  const convolutions =
    config.layerType === "basic" ? basic(from, to, stride) : bottleneck(config, from, to, stride);
  const last = convolutions.length - 1;
  const inner = convolutions.reduce((hidden, sizes, i) => {
    const next = normalizedConvolution(scope.at("layer", i), hidden, sizes);
    return i === last ? next : relu(next); // transformers applies hidden_act only after the stem and the sums
  }, x);
  const shortcut =
    from === to && stride === 1
      ? x
      : normalizedConvolution(scope.at("shortcut"), x, { from, to, kernel: 1, stride });
  return activate(add(inner, shortcut), config.activation);
}

function basic(from: number, to: number, stride: number) {
  return [
    { from, to, kernel: 3, stride },
    { from: to, to, kernel: 3, stride: 1 },
  ];
}

function bottleneck(
  { downsampleInBottleneck: early }: ResNetConfig,
  from: number,
  to: number,
  stride: number,
) {
  const narrow = Math.floor(to / BOTTLENECK_REDUCTION);
  return [
    { from, to: narrow, kernel: 1, stride: early ? stride : 1 },
    { from: narrow, to: narrow, kernel: 3, stride: early ? 1 : stride },
    { from: narrow, to, kernel: 1, stride: 1 },
  ];
}
