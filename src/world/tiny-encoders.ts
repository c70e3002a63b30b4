// Writes two small, randomly initialised encoders in the Hugging Face layout: a BERT to train on a world,
// and a ResNet with random but fixed filters that turns its pictures into maps.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../engine/safetensors.ts";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { stream } from "../training/random.ts";

const BERT = { hidden: 64, layers: 2, heads: 4, ffn: 128, positions: 128, types: 2 } as const;
const RESNET = { stem: 16, stages: [16, 32, 64, 128], classes: 32 } as const;
/**
 * BERT's published 0.02 suits width 768; a narrow encoder without pretraining learns faster from larger
 * weights.
 */
const BERT_DEVIATION = 0.1;

type Weights = Record<string, HostTensor>;

/** A seeded source of initial weights; every parameter has separate draws. */
class Initializer {
  readonly weights: Weights = {};
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  normal(name: string, shape: readonly number[], deviation: number): void {
    const draws = stream(this.#seed, 0, `initial/${name}`);
    const size = shape.reduce((product, one) => product * one, 1);
    this.weights[name] = hostTensor(
      "float32",
      shape,
      Float32Array.from({ length: size }, () => draws.normal() * deviation),
    );
  }

  constant(name: string, size: number, value: number): void {
    this.weights[name] = hostTensor("float32", [size], new Float32Array(size).fill(value));
  }
}

/** Writes a BERT folder for `vocabulary` (the lines of its `vocab.txt`). */
export async function writeTinyBert(
  folder: string,
  vocabulary: readonly string[],
  seed: number,
): Promise<void> {
  const { hidden, layers, heads, ffn, positions, types } = BERT;
  const at = new Initializer(seed);
  const linear = (name: string, inputs: number, outputs: number) => {
    at.normal(`${name}.weight`, [outputs, inputs], BERT_DEVIATION);
    at.constant(`${name}.bias`, outputs, 0);
  };
  const layerNorm = (name: string) => {
    at.constant(`${name}.weight`, hidden, 1);
    at.constant(`${name}.bias`, hidden, 0);
  };
  at.normal("embeddings.word_embeddings.weight", [vocabulary.length, hidden], BERT_DEVIATION);
  at.normal("embeddings.position_embeddings.weight", [positions, hidden], BERT_DEVIATION);
  at.normal("embeddings.token_type_embeddings.weight", [types, hidden], BERT_DEVIATION);
  layerNorm("embeddings.LayerNorm");
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `encoder.layer.${layer}`;
    for (const part of ["query", "key", "value"]) linear(`${prefix}.attention.self.${part}`, hidden, hidden);
    linear(`${prefix}.attention.output.dense`, hidden, hidden);
    layerNorm(`${prefix}.attention.output.LayerNorm`);
    linear(`${prefix}.intermediate.dense`, hidden, ffn);
    linear(`${prefix}.output.dense`, ffn, hidden);
    layerNorm(`${prefix}.output.LayerNorm`);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "vocab.txt"), `${vocabulary.join("\n")}\n`);
  await writeJson(join(folder, "tokenizer_config.json"), {
    tokenizer_class: "BertTokenizer",
    do_lower_case: true,
    model_max_length: positions,
  });
  await writeJson(join(folder, "config.json"), {
    architectures: ["BertModel"],
    model_type: "bert",
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: ffn,
    max_position_embeddings: positions,
    type_vocab_size: types,
    vocab_size: vocabulary.length,
    hidden_act: "gelu",
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
    initializer_range: BERT_DEVIATION,
  });
  await writeSafetensors(join(folder, "model.safetensors"), at.weights);
}

/** Writes a ResNet folder (basic blocks, one per stage); He initialisation keeps the scale of its maps. */
export async function writeTinyResnet(folder: string, seed: number): Promise<void> {
  const { stem, stages, classes } = RESNET;
  const at = new Initializer(seed);
  const convolution = (name: string, inputs: number, outputs: number, size: number) => {
    at.normal(
      `${name}.convolution.weight`,
      [outputs, inputs, size, size],
      Math.sqrt(2 / (inputs * size * size)),
    );
    at.constant(`${name}.normalization.weight`, outputs, 1);
    at.constant(`${name}.normalization.bias`, outputs, 0);
    at.constant(`${name}.normalization.running_mean`, outputs, 0);
    at.constant(`${name}.normalization.running_var`, outputs, 1);
  };
  convolution("resnet.embedder.embedder", 3, stem, 7);
  stages.forEach((width, stage) => {
    const inputs = stage === 0 ? stem : (stages[stage - 1] ?? stem);
    const prefix = `resnet.encoder.stages.${stage}.layers.0`;
    convolution(`${prefix}.layer.0`, inputs, width, 3);
    convolution(`${prefix}.layer.1`, width, width, 3);
    if (inputs !== width) convolution(`${prefix}.shortcut`, inputs, width, 1);
  });
  const last = stages[stages.length - 1] ?? stem;
  at.normal("classifier.1.weight", [classes, last], Math.sqrt(1 / last));
  at.constant("classifier.1.bias", classes, 0);
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "config.json"), {
    architectures: ["ResNetForImageClassification"],
    model_type: "resnet",
    num_channels: 3,
    embedding_size: stem,
    hidden_sizes: stages,
    depths: stages.map(() => 1),
    layer_type: "basic",
    hidden_act: "relu",
    downsample_in_first_stage: false,
    downsample_in_bottleneck: false,
    id2label: Object.fromEntries(Array.from({ length: classes }, (_, label) => [label, `LABEL_${label}`])),
  });
  await writeJson(join(folder, "preprocessor_config.json"), {
    image_processor_type: "ConvNextImageProcessor",
    do_resize: true,
    size: { shortest_edge: 64 },
    crop_pct: 1,
    do_normalize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
    resample: 3,
  });
  await writeSafetensors(join(folder, "model.safetensors"), at.weights);
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
