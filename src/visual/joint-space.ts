// A joint space of texts and pictures: both towers of a CLIP model, whose embeddings can be compared with each other.

import { join } from "node:path";
import { EncoderError } from "../base/errors.ts";
import { clipText } from "../encoders/clip.ts";
import { type ClipConfig, parseClipConfig } from "../encoders/clip-config.ts";
import { resolveEncoder } from "../encoders/folder.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { EncoderDownload } from "../encoders/text-encoder.ts";
import { tokenInputs } from "../encoders/token-inputs.ts";
import { loadTokenizer } from "../encoders/tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import { loadWeights, openWeights } from "../encoders/weights.ts";
import { Prediction } from "../engine/prediction.ts";
import { predictionBatches } from "../engine/prediction-batches.ts";
import type { Runtime } from "../engine/runtime.ts";
import { input } from "../graph/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { openPictureEncoder } from "./picture-encoder.ts";

/**
 * Whether a folder or hub id is a CLIP model's.
 *
 * @throws EncoderError the codes of `resolveEncoder`
 */
export async function isJointSpace(place: string, download: EncoderDownload = {}): Promise<boolean> {
  const { config } = await resolveEncoder(place, { ...download, parts: [] });
  return config.model_type === CLIP;
}

/** The `model_type` of CLIP. */
const CLIP = "clip";

/** An open CLIP model. Embeddings have length 1; the cosine of a text and a picture is CLIP's score. */
export class JointSpace {
  readonly width: number;
  /** The fingerprint of the picture tower's folder: both towers are in one file of weights. */
  readonly fingerprint: string;
  readonly #tokenizer: TextTokenizer;
  readonly #maxLength: number;
  readonly #texts: Prediction;
  readonly #pictures: PictureEncoder;

  private constructor(
    { projectionSize, text }: ClipConfig,
    parts: { tokenizer: TextTokenizer; texts: Prediction; pictures: PictureEncoder },
  ) {
    this.width = projectionSize;
    this.fingerprint = parts.pictures.fingerprint;
    this.#tokenizer = parts.tokenizer;
    this.#maxLength = Math.min(text.maxPositions, parts.tokenizer.maxLength ?? Number.POSITIVE_INFINITY);
    this.#texts = parts.texts;
    this.#pictures = parts.pictures;
  }

  /**
   * Opens a CLIP model: a folder in the Hugging Face layout with a tokenizer and a preprocessor, or a hub id.
   *
   * @throws EncoderError `encoder/no-joint-space` for another model; the codes of `resolveEncoder`, of weights and of tokenizers
   */
  static async open(runtime: Runtime, place: string, download: EncoderDownload = {}): Promise<JointSpace> {
    const { config: described } = await resolveEncoder(place, { ...download, parts: [] }); // before any weights
    if (described.model_type !== CLIP) throw notJoint(place, described.model_type);
    const { folder, config: json } = await resolveEncoder(place, {
      ...download,
      parts: ["weights", "tokenizer", "preprocessor"],
    });
    const config = parseClipConfig(json, join(folder, "config.json"));
    const tokenizer = await loadTokenizer(folder);
    const scope = new ParameterScope();
    const { embeds } = clipText(
      scope,
      config,
      {
        inputIds: input("input_ids", "int64", ["batch", "length"]),
        attentionMask: input("attention_mask", "int64", ["batch", "length"]),
      },
      new Dropout(false),
    );
    const { weights } = loadWeights(scope.table.values(), await openWeights(folder));
    const texts = new Prediction(runtime, {
      graph: () => ({ embeds }),
      weightNames: [...weights.keys()],
      weight: (name) => weights.get(name)!, // loaded for every parameter of the graph
      frozen: true,
      label: "texts of a joint space",
    });
    return new JointSpace(config, {
      tokenizer,
      texts,
      pictures: await openPictureEncoder(runtime, folder, download),
    });
  }

  /** Embeddings of texts, in order; long ones are truncated. */
  async embedTexts(
    texts: readonly string[],
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    const { width } = this;
    const distinct = [...new Set(texts)];
    const encoded = distinct.map((text) =>
      this.#tokenizer.encodeText(text, { maxLength: this.#maxLength, overlong: "truncate" }),
    );
    const found = new Map<string, Float32Array>();
    await this.#texts.runAll(
      predictionBatches(encoded.map(({ ids }) => ids.length)),
      (batch) => {
        signal?.throwIfAborted();
        return tokenInputs(
          batch.map((i) => encoded[i]!),
          this.#tokenizer.padId,
        );
      },
      (batch, { embeds }) => {
        batch.forEach((i, row) => {
          const vector = (embeds!.data as Float32Array).slice(row * width, (row + 1) * width);
          found.set(distinct[i]!, vector);
        });
        onProgress?.(found.size, distinct.length);
      },
    );
    return texts.map((text) => found.get(text)!); // every text was embedded
  }

  /** The embedding of a picture. */
  async embedPicture(picture: RgbPicture): Promise<Float32Array> {
    return (await this.#pictures.encode(picture)).logits; // of a CLIP: the projected embedding
  }

  async dispose(): Promise<void> {
    await this.#texts.dispose();
    await this.#pictures.dispose();
  }
}

function notJoint(place: string, modelType: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/no-joint-space",
    message: `${place} has no joint space of texts and pictures: its model_type is ${JSON.stringify(modelType)}`,
    place,
    value: modelType,
    remedy: "Name the folder or hub id of a CLIP model, such as openai/clip-vit-base-patch32.",
  });
}
