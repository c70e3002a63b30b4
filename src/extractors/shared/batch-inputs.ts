// Fills a batch's graph inputs that all tasks share besides tokens: picture maps and masks, dropout masks.
import { evaluateDimension } from "../../graph/dimension.ts";
import { type HostTensor, hostTensor, zeros } from "../../graph/host-tensor.ts";
import { type I2srmConfig, picturesOf, type VisualSizes } from "../../models/i2srm/config.ts";
import type { DropoutSite } from "../../nn/dropout.ts";
import { fillDropoutMask } from "../../training/random.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";

/** The shape of a batch's visual part. */
export interface VisualShape extends VisualSizes {
  /** Pictures that each document has room for: crops, and the whole picture unless it is left out. */
  readonly pictures: number;
  /** Whether the whole picture is one of them; absent: it is. */
  readonly wholePicture?: boolean;
  readonly promptLength: number;
}

type Inputs = Record<string, HostTensor>;

/** Something with a picture, or without a usable one. */
interface Shown {
  readonly visual: VisualFeatures | undefined;
}

/** `maps`, `picture_mask`, `image_logits`, `semantic_weights`; a missing picture is zeros with mask 0 and weight 0. */
export function visualInputs(examples: readonly Shown[], shape: VisualShape): Inputs {
  return { ...prefixInputs(examples, shape), ...semanticInputs(examples, shape) };
}

/** `maps`, `picture_mask`: one row per text. */
export function prefixInputs(texts: readonly Shown[], shape: VisualShape): Inputs {
  const { pictures, wholePicture = true, promptLength, mapWidth } = shape;
  const maps = zeros("float32", [texts.length, pictures, promptLength, mapWidth]);
  const mask = zeros("float32", [texts.length, pictures]);
  const pictureSize = promptLength * mapWidth;
  texts.forEach(({ visual }, row) => {
    if (!visual) return;
    const shown = wholePicture ? visual.maps : visual.maps.slice(1);
    shown.forEach((map, i) => {
      maps.data.set(map, (row * pictures + i) * pictureSize);
      mask.data[row * pictures + i] = 1;
    });
  });
  return { maps, picture_mask: mask };
}

/** `image_logits`, `semantic_weights`: one row per sample of the semantic loss; the weights of samples with a picture are equal and sum to 1. */
export function semanticInputs(samples: readonly Shown[], { classes }: VisualShape): Inputs {
  const logits = zeros("float32", [samples.length, classes]);
  const weights = zeros("float32", [samples.length]);
  const present = samples.filter(({ visual }) => visual !== undefined).length;
  samples.forEach(({ visual }, row) => {
    if (!visual) return;
    logits.data.set(visual.pooled, row * classes);
    weights.data[row] = 1 / present;
  });
  return { image_logits: logits, semantic_weights: weights };
}

/** The random numbers' site of a mask: its input's name and the micro-batch. */
export const maskSite = (name: string, microStep: number): string => `${microStep}/${name}`;

/** Dropout masks for sites of a graph, in reused buffers that grow to the largest batch. */
export class DropoutMasks {
  readonly #sites: readonly DropoutSite[];
  readonly #buffers = new Map<string, Float32Array<ArrayBuffer>>();

  constructor(sites: readonly DropoutSite[]) {
    this.#sites = sites;
  }

  /** Masks for named sizes such as batch and length, drawn for (seed, step, site). */
  fill(sizes: ReadonlyMap<string, number>, at: { seed: number; step: number; microStep: number }): Inputs {
    const inputs: Inputs = {};
    for (const { name, shape, probability } of this.#sites) {
      const known = shape.map((dimension) => evaluateDimension(dimension, sizes)!); // sites use the graph's own named sizes
      const count = known.reduce((product, size) => product * size, 1);
      let buffer = this.#buffers.get(name);
      if (!buffer || buffer.length < count) {
        buffer = new Float32Array(count);
        this.#buffers.set(name, buffer);
      }
      const mask = buffer.subarray(0, count);
      fillDropoutMask(mask, probability, at.seed, at.step, maskSite(name, at.microStep));
      inputs[name] = hostTensor("float32", known, mask);
    }
    return inputs;
  }
}

/** Returns the shape of a model's visual inputs; undefined for text only. */
export function visualShapeOf({
  i2srm,
  visual,
}: {
  readonly i2srm: I2srmConfig;
  readonly visual: VisualSizes | undefined;
}): VisualShape | undefined {
  if (!visual) return undefined;
  const { promptLength, wholePicture } = i2srm.prefix;
  return { ...visual, pictures: picturesOf(i2srm.prefix), wholePicture, promptLength };
}
