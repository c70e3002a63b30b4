// Writes small encoder folders in the Hugging Face layout for tests: weights are random from a seed, or
// given by name.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../../engine/safetensors.ts";
import { elementCount, type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { input } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { clipText, clipVision } from "../clip.ts";
import { parseClipConfig } from "../clip-config.ts";
import { pictureNetwork } from "../picture-network.ts";
import { parseTextConfig, textEncoder } from "../text/table.ts";
import { vit } from "../vit.ts";
import { parseVitConfig } from "../vit-config.ts";

const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

interface SmallBertOptions {
  readonly words: readonly string[];
  readonly hidden?: number | undefined;
  /** Replaces the random values of a weight. */
  readonly weight?: (name: string, shape: readonly number[]) => readonly number[] | undefined;
}

/** A BERT of one layer whose vocabulary is the five special tokens and `words`. */
export async function writeSmallBert(
  folder: string,
  { words, hidden = 32, weight = () => undefined }: SmallBertOptions,
): Promise<void> {
  const vocabulary = [...SPECIAL_TOKENS, ...words];
  const json = {
    model_type: "bert",
    vocab_size: vocabulary.length,
    hidden_size: hidden,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    intermediate_size: hidden,
    max_position_embeddings: 32,
    type_vocab_size: 1,
    layer_norm_eps: 1e-12,
    hidden_act: "gelu",
  };
  await writeTextEncoder(folder, json, vocabulary, weight);
}

/** A text encoder of any family, by its config.json, with the lines of a WordPiece vocabulary. */
export async function writeTextEncoder(
  folder: string,
  json: Readonly<Record<string, unknown>>,
  vocabulary: readonly string[],
  weight: NonNullable<SmallBertOptions["weight"]> = () => undefined,
): Promise<void> {
  const scope = new ParameterScope();
  textEncoder(scope, parseTextConfig(json, "config.json"), {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask: input("attention_mask", "int64", ["batch", "length"]),
    dropout: new Dropout(false),
  });
  await writeFolder(folder, json, scope, weight);
  await writeFile(join(folder, "vocab.txt"), `${vocabulary.join("\n")}\n`);
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ do_lower_case: true }));
}

interface SmallClipOptions {
  /** Changes of the text tower's config. */
  readonly text?: Readonly<Record<string, unknown>>;
  readonly projection?: number;
  readonly weight?: SmallBertOptions["weight"];
  /** Ids by token, for a tokenizer; letters that end a word are written `a</w>`. Absent: no tokenizer. */
  readonly vocabulary?: Readonly<Record<string, number>>;
}

/** A CLIP of one layer for pictures of 12 x 12 pixels in patches of 4: a grid of 3 x 3. */
export async function writeSmallClip(
  folder: string,
  { text = {}, projection = 6, weight = () => undefined, vocabulary }: SmallClipOptions = {},
): Promise<void> {
  const tower = { hidden_size: 8, intermediate_size: 12, num_hidden_layers: 1, num_attention_heads: 2 };
  const json = {
    model_type: "clip",
    projection_dim: projection,
    text_config: { ...tower, vocab_size: 20, max_position_embeddings: 10, ...text },
    vision_config: { ...tower, image_size: 12, patch_size: 4 },
  };
  const scope = new ParameterScope();
  const config = parseClipConfig(json, "config.json");
  const tokens = (name: string) => input(name, "int64", ["batch", "length"]);
  clipText(
    scope,
    config,
    { inputIds: tokens("input_ids"), attentionMask: tokens("attention_mask") },
    new Dropout(false),
  );
  clipVision(scope, config, input("pixels", "float32", ["batch", 3, 12, 12]), new Dropout(false));
  await writeFolder(folder, json, scope, weight);
  await writePreprocessor(folder, "CLIPImageProcessor", { size: 12, crop_size: 12 });
  if (vocabulary === undefined) return;
  await writeFile(join(folder, "vocab.json"), JSON.stringify(vocabulary));
  await writeFile(join(folder, "merges.txt"), "#version: 0.2\n");
}

/** A ViT of one layer for pictures of 8 x 8 pixels in patches of 4: a grid of 2 x 2. */
export async function writeSmallVit(
  folder: string,
  head: "classifier" | "pooler" | "none",
  changes: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const hidden = 8;
  const json = {
    model_type: "vit",
    hidden_size: hidden,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 12,
    image_size: 8,
    patch_size: 4,
    ...changes,
  };
  const scope = new ParameterScope();
  const body = head === "classifier" ? scope.at("vit") : scope;
  vit(
    body,
    parseVitConfig(json, "config.json"),
    input("pixels", "float32", ["batch", 3, 8, 8]),
    new Dropout(false),
  );
  const linear = (at: ParameterScope, outputs: number) => {
    at.parameter("weight", [outputs, hidden]);
    at.parameter("bias", [outputs]);
  };
  if (head === "classifier") linear(scope.at("classifier"), 5);
  if (head === "pooler") linear(scope.at("pooler", "dense"), hidden);
  await writeFolder(folder, json, scope, () => undefined);
  await writePreprocessor(folder, "ViTImageProcessor", { size: { height: 8, width: 8 } });
}

/** A picture encoder without a head of any family, by its config.json. */
export async function writePictureEncoder(
  folder: string,
  json: Readonly<Record<string, unknown>>,
  processor: string,
): Promise<void> {
  const { build, imageSize } = pictureNetwork(json, "config.json", {
    names: () => [],
    spec: () => ({ dtype: "float32", shape: [1] }),
  });
  const scope = new ParameterScope();
  build(scope, input("pixels", "float32", ["batch", 3, imageSize, imageSize]));
  await writeFolder(folder, json, scope, () => undefined);
  await writePreprocessor(folder, processor, { size: { height: imageSize, width: imageSize } });
}

function writePreprocessor(folder: string, type: string, sizes: object): Promise<void> {
  const json = { image_processor_type: type, ...sizes };
  return writeFile(join(folder, "preprocessor_config.json"), JSON.stringify(json));
}

async function writeFolder(
  folder: string,
  config: unknown,
  scope: ParameterScope,
  weight: NonNullable<SmallBertOptions["weight"]>,
): Promise<void> {
  const weights: Record<string, HostTensor> = {};
  for (const { name, shape, initializer } of scope.table.values()) {
    const start = initializer.kind === "ones" ? 1 : 0;
    const draw = sequence(name.replace(/^vit\./, "")); // the same encoder beneath every head
    const values =
      weight(name, shape) ?? Array.from({ length: elementCount(shape) }, () => start + 0.2 * draw());
    weights[name] = hostTensor("float32", shape, values);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeSafetensors(join(folder, "model.safetensors"), weights);
}

/** Numbers between -1 and 1 that differ from name to name (Lehmer's generator). */
function sequence(name: string): () => number {
  let state = 1;
  for (let i = 0; i < name.length; i++) state = (state * 31 + name.charCodeAt(i)) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  };
}
