// The caption as visual channel: the frozen text encoder encodes it, and its states are chunked to the
// prompt length. Results are labelled "caption-as-vision", because a caption is another model's reading of
// the picture, not pixels.

import { ConfigError } from "../base/errors.ts";
import type { OnPreparation } from "../base/progress.ts";
import { sha256 } from "../base/sha256.ts";
import { joinCaptions, requireCaptions } from "../data/captions.ts";
import type { Document } from "../data/document.ts";
import { FeatureCache } from "../data/feature-cache.ts";
import { frozenTextEncoder } from "../encoders/frozen-text.ts";
import { maximumLength } from "../encoders/text/table.ts";
import type { TextEncoderFolder } from "../encoders/text-encoder.ts";
import { tokenInputs } from "../encoders/token-inputs.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import type { Prediction } from "../engine/prediction.ts";
import { predictionBatches } from "../engine/prediction-batches.ts";
import type { Runtime } from "../engine/runtime.ts";
import type { SavedVisual } from "./saved-visual.ts";
import type { DocumentFeatures, OpenedVisual, VisualFeatures, VisualSources } from "./visual-channel.ts";

/** Captions of single posts that are kept: 40 MB at most with a hidden size of 1024. */
const MAX_KNOWN = 2000;

export class CaptionChannel implements OpenedVisual {
  readonly objects = 0;
  readonly saved: SavedVisual;
  readonly #encoder: TextEncoderFolder;
  readonly #promptLength: number;
  readonly #prediction: Prediction;
  readonly #cache: FeatureCache | undefined;
  readonly #known = new Map<string, VisualFeatures>();
  readonly #truncated = new Set<string>();

  private constructor(
    encoder: TextEncoderFolder,
    promptLength: number,
    prediction: Prediction,
    cache: FeatureCache | undefined,
    fingerprint: string,
  ) {
    const { hiddenSize } = encoder.config;
    this.#encoder = encoder;
    this.#promptLength = promptLength;
    this.#prediction = prediction;
    this.#cache = cache;
    this.saved = {
      kind: "captions",
      label: "caption-as-vision",
      mapWidth: hiddenSize,
      classes: hiddenSize,
      encoder: encoder.folder,
      fingerprint,
    };
  }

  /** Loads the encoder's pretrained weights, which stay frozen; caches features in `cacheFolder` if given. */
  static async open(
    runtime: Runtime,
    encoder: TextEncoderFolder,
    promptLength: number,
    cacheFolder?: string,
  ): Promise<CaptionChannel> {
    const prediction = await frozenTextEncoder(runtime, encoder, "captions");
    const fingerprint = await weightsFingerprint(encoder.folder);
    const cache =
      cacheFolder === undefined
        ? undefined
        : await FeatureCache.open(cacheFolder, {
            extractor: `${fingerprint}/captions/${promptLength}`,
            shared: true,
          });
    return new CaptionChannel(encoder, promptLength, prediction, cache, fingerprint);
  }

  /** @throws ConfigError `config/no-captions` when `sources` names no caption file */
  async featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures> {
    if (sources.captions === undefined) {
      throw new ConfigError({
        code: "config/no-captions",
        message: "the model reads captions, but no caption file is given",
        remedy: 'Name a JSONL file of {"image", "caption"} for these documents (--captions).',
      });
    }
    const { captions, report } = await requireCaptions(sources.captions);
    const { states } = joinCaptions(documents, captions);
    const texts = states.map((state) => (state.state === "found" ? state.text : undefined));
    await this.encode(
      texts.filter((text) => text !== undefined),
      (done, total) => onPreparation?.({ what: "encoding captions", done, total }),
    );
    return {
      features: texts.map((text) => (text === undefined ? undefined : this.#known.get(text))),
      broken: [],
      captions: {
        rows: report,
        truncated: new Set(texts.filter((text) => text !== undefined && this.#truncated.has(text))).size,
      },
    };
  }

  /** Encodes all new captions, so that `featuresOf` finds them. */
  async encode(
    captions: Iterable<string>,
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    const { tokenizer, config } = this.#encoder;
    const maxLength = maximumLength(config);
    const fresh = [...new Set(captions)].filter((caption) => !this.#known.has(caption));
    const tokenized = fresh.map((caption) => {
      const { ids, truncated } = tokenizer.encodeText(caption, { maxLength, overlong: "truncate" });
      if (truncated !== undefined) this.#truncated.add(caption);
      return { caption, ids };
    });
    const encoded: typeof tokenized = [];
    for (const text of tokenized) {
      const cached = await this.#cache?.get(keyOf(text.caption));
      if (cached) this.#known.set(text.caption, { maps: [cached.maps!.data], pooled: cached.logits!.data });
      else encoded.push(text);
    }
    let done = 0;
    await this.#prediction.runAll(
      predictionBatches(encoded.map(({ ids }) => ids.length)),
      (batch) =>
        tokenInputs(
          batch.map((i) => encoded[i]!),
          tokenizer.padId,
        ),
      (batch, outputs) => {
        const { data, shape } = outputs.hidden!;
        const [, length, width] = shape as [number, number, number];
        batch.forEach((i, row) => {
          const { caption, ids } = encoded[i]!;
          const start = row * length * width;
          const states = (data as Float32Array).subarray(start, start + ids.length * width);
          this.#known.set(caption, chunkStates(states, width, this.#promptLength));
        });
        done += batch.length;
        onProgress?.(done, encoded.length);
      },
    );
    for (const { caption } of encoded) {
      const { maps, pooled } = this.#known.get(caption)!; // encoded just now
      await this.#cache?.getOrCompute(keyOf(caption), async () => ({
        maps: { shape: [maps[0]!.length], data: maps[0]! },
        logits: { shape: [pooled.length], data: pooled },
      }));
    }
  }

  /** Returns the features of one caption. */
  async featuresOfCaption(caption: string): Promise<VisualFeatures> {
    const known = this.#known.get(caption);
    if (known !== undefined) return known;
    const [features] = await this.featuresOfCaptions([caption], undefined);
    this.#forget();
    return features!; // one for the one caption
  }

  /** Returns the features of many captions, in order. */
  async featuresOfCaptions(
    captions: readonly string[],
    onPreparation: OnPreparation,
  ): Promise<readonly VisualFeatures[]> {
    await this.encode(captions, (done, total) => onPreparation?.({ what: "encoding captions", done, total }));
    return captions.map((caption) => this.#known.get(caption)!); // encoded just now
  }

  /** Drops the captions read first when there are many: a stream of posts must not fill the memory. */
  #forget(): void {
    for (const caption of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return;
      this.#known.delete(caption);
      this.#truncated.delete(caption);
    }
  }

  async dispose(): Promise<void> {
    await this.#cache?.close();
    await this.#prediction.dispose();
  }
}

const keyOf = (caption: string): string => sha256(caption);

/**
 * Averages the token states [length, width] over `chunks` nearly equal spans, and over all tokens for the
 * pooled state. If a text has fewer tokens than chunks, tokens repeat.
 */
export function chunkStates(states: Float32Array, width: number, chunks: number): VisualFeatures {
  const length = states.length / width;
  const mean = (start: number, end: number, target: Float32Array) => {
    for (let token = start; token < end; token++) {
      for (let i = 0; i < width; i++) target[i]! += states[token * width + i]! / (end - start);
    }
  };
  const map = new Float32Array(chunks * width);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const start = Math.floor((chunk * length) / chunks);
    const end = Math.max(start + 1, Math.floor(((chunk + 1) * length) / chunks));
    mean(start, end, map.subarray(chunk * width, (chunk + 1) * width));
  }
  const pooled = new Float32Array(width);
  mean(0, length, pooled);
  return { maps: [map], pooled };
}
