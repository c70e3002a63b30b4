// I2SRM's picture features: all stages of a frozen ResNet, pooled to 2x2 and concatenated, and its logits.
import { GraphError } from "../base/errors.ts";
import { formatShape } from "../graph/dimension.ts";
import { averagePool2d } from "../graph/operators/convolution.ts";
import { concatenate } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { resnet } from "./resnet.ts";
import type { ResNetConfig } from "./resnet-config.ts";

/** Height and width of the pooled maps. */
const MAP_SIDE = 2;

export interface VisualMaps {
  /** float32 [batch, mapChannels(config), 2, 2]. */
  readonly maps: Tensor;
  /** float32 [batch, labels]. */
  readonly logits: Tensor;
}

/** Channels of the concatenated maps: 3840 for a ResNet-50. */
export function mapChannels(config: ResNetConfig): number {
  return config.hiddenSizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Visual maps of pixels [batch, channels, height, width] (I2SRM, section 3.2; pooling as in the published
 * code): averages every stage over windows of half its size, rounded down, without overlap.
 *
 * @throws GraphError `graph/shape-mismatch` if a stage does not pool to 2x2, e.g. for pictures below 64 pixels
 */
export function visualMaps(scope: ParameterScope, config: ResNetConfig, pixels: Tensor): VisualMaps {
  const { logits, stages } = resnet(scope, config, pixels);
  return { maps: concatenate(stages.map(poolToMap), 1), logits };
}

function poolToMap(stage: Tensor): Tensor {
  const [height, width] = stage.shape.slice(2) as [number, number];
  const kernel = Math.floor(height / MAP_SIDE);
  const pools = (size: number) => kernel > 0 && Math.floor((size - kernel) / kernel) + 1 === MAP_SIDE;
  if (pools(height) && pools(width)) return averagePool2d(stage, { kernel, stride: kernel });
  throw new GraphError({
    code: "graph/shape-mismatch",
    message: `a stage of shape ${formatShape(stage.shape)} does not pool to ${MAP_SIDE}x${MAP_SIDE}`,
    place: "visualMaps",
    remedy: "Use square pictures; the published model takes 224 pixels.",
    value: stage.shape,
  });
}
