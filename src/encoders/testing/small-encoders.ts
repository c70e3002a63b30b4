// Writes small encoder folders in the Hugging Face layout for tests: weights drawn from a seed, or given by name.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../../engine/index.ts";
import { elementCount, type HostTensor, hostTensor, input } from "../../graph/index.ts";
import { Dropout, ParameterScope } from "../../nn/index.ts";
import { bertEncoder } from "../bert.ts";
import { parseTextConfig } from "../text-config.ts";

const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

interface SmallBertOptions {
  readonly words: readonly string[];
  readonly hidden?: number;
  /** Values of a weight in place of the drawn ones. */
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
  const scope = new ParameterScope();
  bertEncoder(scope, parseTextConfig(json, "config.json"), {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask: input("attention_mask", "int64", ["batch", "length"]),
    dropout: new Dropout(false),
  });
  await writeFolder(folder, json, scope, weight);
  await writeFile(join(folder, "vocab.txt"), `${vocabulary.join("\n")}\n`);
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
    const draw = sequence(name);
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
