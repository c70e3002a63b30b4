// Shared by the golden cases of I2SRM's two tasks: configuration fields, encoder, pictures.
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import type { BertConfig } from "../../encoders/text/bert.ts";
import { elementCount, type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type I2srmConfig, type MixedRows, PUBLISHED_MRE } from "../../models/i2srm/config.ts";
import type { GoldenCase, Tensors } from "./golden-case.ts";

const size = z.int().positive();

/** Fields of `config` in case.json that both tasks have. */
export const SHARED_FIELDS = {
  encoder: z.enum(["bert", "roberta"]),
  vocab: size,
  hidden: size,
  layers: size,
  heads: size,
  ffn: size,
  positions: size,
  map_channels: size,
  prompt_dim: size,
  prompt_len: size,
  objects: z.int().nonnegative(),
  image_classes: size,
  batch: size,
  labels: size,
  delta: z.number(),
  unmixed_share: z.number(),
  mix_heads: size,
  mix_ffn: size,
  kl_weight: z.number(),
};
export type SharedConfig = z.infer<z.ZodObject<typeof SHARED_FIELDS>>;

/** Values on a 2x2 grid per channel of a picture's map. */
const GRID = 4;

/** The model's settings; attention and mixup belong to training only. */
export function caseSettings(config: SharedConfig, training: boolean, rows: MixedRows): I2srmConfig {
  return {
    prefix: {
      ...PUBLISHED_MRE.prefix,
      promptLength: config.prompt_len,
      promptHidden: config.prompt_dim,
      objects: config.objects,
    },
    semanticLoss: { enabled: true, weight: config.kl_weight },
    attention: { enabled: training, heads: config.mix_heads, feedForward: config.mix_ffn, dropout: 0 },
    mixup: { enabled: training, rows, delta: config.delta, unmixedShare: config.unmixed_share, alpha: 1 },
  };
}

/** Widths of the visual inputs. */
export function caseVisual(config: SharedConfig) {
  return { mapWidth: (config.map_channels * GRID) / config.prompt_len, classes: config.image_classes };
}

/** What the case leaves to the encoder's family. */
export function encoderConfig(config: SharedConfig, weights: Tensors): BertConfig {
  const roberta = config.encoder === "roberta";
  return {
    modelType: config.encoder,
    vocabSize: config.vocab,
    hiddenSize: config.hidden,
    layers: config.layers,
    heads: config.heads,
    intermediateSize: config.ffn,
    maxPositions: config.positions,
    typeVocabSize: weights["encoder.embeddings.token_type_embeddings.weight"]?.shape[0] ?? 1,
    layerNormEpsilon: roberta ? 1e-5 : 1e-12,
    activation: "gelu",
    hiddenDropout: 0,
    attentionDropout: 0,
    initializerRange: 0.02,
    padTokenId: roberta ? 1 : 0,
  };
}

/** Maps read row by row as prompt positions; every picture is there and counts alike. */
export function pictureInputs(golden: GoldenCase, config: SharedConfig): Tensors {
  const maps = need(golden, "maps") as HostTensor<"float32">;
  const { batch, objects, prompt_len: prompt } = config;
  const width = elementCount(maps.shape) / (batch * (1 + objects) * prompt);
  return {
    maps: hostTensor("float32", [batch, 1 + objects, prompt, width], maps.data),
    picture_mask: hostTensor(
      "float32",
      [batch, 1 + objects],
      new Float32Array(batch * (1 + objects)).fill(1),
    ),
    semantic_weights: hostTensor("float32", [batch], new Float32Array(batch).fill(1 / batch)),
  };
}

/** An input of the case. @throws DataError `parity/bad-case` */
export function need(golden: GoldenCase, name: string): HostTensor {
  const tensor = golden.inputs[name];
  if (tensor !== undefined) return tensor;
  throw new DataError({
    code: "parity/bad-case",
    message: `the input "${name}" is missing`,
    place: golden.folder,
    remedy: "Add it to inputs.safetensors.",
  });
}

/** Elements as plain numbers. */
export function numbers(tensor: HostTensor): number[] {
  return Array.from(tensor.data, Number);
}

/** Those of a graph's tensors that the case expects, under the case's names. */
export function expectedOnly(
  tensors: Readonly<Record<string, Tensor | undefined>>,
  expected: Tensors,
  prefix: string,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      tensor !== undefined && `${prefix}${name}` in expected ? [[`${prefix}${name}`, tensor]] : [],
    ),
  );
}
