// Sentence embeddings of a frozen text encoder: the mean of the last layer's states over a text's tokens, scaled to length 1.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readWholeFile } from "../base/whole-file.ts";
import { resolveEncoder } from "../encoders/folder.ts";
import { type FrozenTextFolder, frozenTextEncoder } from "../encoders/frozen-text.ts";
import { neededByText } from "../encoders/needed-weights.ts";
import { maximumLength, parseTextConfig } from "../encoders/text/table.ts";
import { tokenInputs } from "../encoders/token-inputs.ts";
import { loadTokenizer } from "../encoders/tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import type { Prediction } from "../engine/prediction.ts";
import { predictionBatches } from "../engine/prediction-batches.ts";
import type { Runtime } from "../engine/runtime.ts";
import type { HostTensor } from "../graph/host-tensor.ts";

/** Files other than weights that affect embeddings. */
const SHAPING_FILES = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
] as const;

/** Mean pooling, the default of sentence-transformers; long texts are truncated. */
export class TextEmbedder {
  /** Length of an embedding. */
  readonly width: number;
  /** SHA-256 over weights, configuration and tokenizer, in hexadecimal. */
  readonly fingerprint: string;
  readonly #tokenizer: TextTokenizer;
  readonly #maxLength: number;
  readonly #prediction: Prediction;

  private constructor(
    prediction: Prediction,
    parts: { tokenizer: TextTokenizer; maxLength: number; width: number; fingerprint: string },
  ) {
    this.#prediction = prediction;
    this.#tokenizer = parts.tokenizer;
    this.#maxLength = parts.maxLength;
    this.width = parts.width;
    this.fingerprint = parts.fingerprint;
  }

  /**
   * Loads an encoder: a folder in the Hugging Face layout, or a hub id.
   *
   * @throws EncoderError the codes of `resolveEncoder`, `encoder/unsupported-config`, `encoder/no-tokenizer`
   */
  static async open(runtime: Runtime, reference: string): Promise<TextEmbedder> {
    const { folder, config: json } = await resolveEncoder(reference, {
      parts: ["weights", "tokenizer"],
      neededWeights: neededByText,
    });
    return TextEmbedder.of(runtime, { folder, config: parseTextConfig(json, join(folder, "config.json")) });
  }

  /**
   * Loads the encoder of a folder with a tokenizer, such as a trained model's.
   *
   * @throws EncoderError `encoder/no-tokenizer`, and the codes of weights
   */
  static async of(runtime: Runtime, source: FrozenTextFolder): Promise<TextEmbedder> {
    const { folder, config } = source;
    const tokenizer = await loadTokenizer(folder);
    const prediction = await frozenTextEncoder(runtime, source, "sentence embeddings");
    return new TextEmbedder(prediction, {
      tokenizer,
      maxLength: Math.min(maximumLength(config), tokenizer.maxLength ?? Number.POSITIVE_INFINITY),
      width: config.hiddenSize,
      fingerprint: await encoderFingerprint(folder),
    });
  }

  /**
   * Embeddings of many texts, float32 [texts, width] in order; equal texts are embedded once. The
   * composition of a batch may change the last bits.
   */
  async embed(
    texts: readonly string[],
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<Float32Array<ArrayBuffer>> {
    const { width } = this;
    const rowsOf = new Map<string, number[]>();
    texts.forEach((text, row) => {
      const rows = rowsOf.get(text);
      if (rows) rows.push(row);
      else rowsOf.set(text, [row]);
    });
    const encoded = [...rowsOf].map(([text, rows]) => ({ ids: this.#idsOf(text), rows }));
    const embeddings = new Float32Array(texts.length * width);
    let done = 0;
    await this.#prediction.runAll(
      predictionBatches(encoded.map(({ ids }) => ids.length)),
      (batch) => {
        signal?.throwIfAborted();
        return tokenInputs(
          batch.map((i) => encoded[i]!),
          this.#tokenizer.padId,
        );
      },
      (batch, { hidden }) => {
        batch.forEach((i, position) => {
          const { ids, rows } = encoded[i]!;
          const mean = pooled(hidden!, position, ids.length, width);
          for (const row of rows) embeddings.set(mean, row * width);
        });
        done += batch.length;
        onProgress?.(done, encoded.length);
      },
    );
    return embeddings;
  }

  /** The embedding of one text, computed in a separate batch, so that it depends only on the text. */
  async embedAlone(text: string): Promise<Float32Array> {
    const ids = this.#idsOf(text);
    const { hidden } = await this.#prediction.run(tokenInputs([{ ids }], this.#tokenizer.padId));
    return pooled(hidden!, 0, ids.length, this.width);
  }

  dispose(): Promise<void> {
    return this.#prediction.dispose();
  }

  #idsOf(text: string): readonly number[] {
    return this.#tokenizer.encodeText(text, { maxLength: this.#maxLength, overlong: "truncate" }).ids;
  }
}

/** Mean over the first `tokens` states of a row of [batch, length, width], divided by its length. */
function pooled(hidden: HostTensor, row: number, tokens: number, width: number): Float32Array {
  const length = hidden.shape[1]!;
  const states = hidden.data as Float32Array;
  const sum = new Float64Array(width);
  for (let token = 0; token < tokens; token++) {
    const start = (row * length + token) * width;
    for (let i = 0; i < width; i++) sum[i]! += states[start + i]!;
  }
  const norm = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  return Float32Array.from(sum, (value) => (norm === 0 ? 0 : value / norm));
}

async function encoderFingerprint(folder: string): Promise<string> {
  const hash = createHash("sha256").update(await weightsFingerprint(folder));
  for (const name of SHAPING_FILES) {
    const path = join(folder, name);
    if (existsSync(path)) hash.update(`\n${name}\n`).update(await readWholeFile(path));
  }
  return hash.digest("hex");
}
