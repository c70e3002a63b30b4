// What a frozen text encoder makes of every word of the documents: computed once, and kept in a folder so that a killed audit continues.

import { createHash } from "node:crypto";
import type { Document } from "../../data/document.ts";
import { FeatureCache } from "../../data/feature-cache.ts";
import { frozenTextEncoder } from "../../encoders/frozen-text.ts";
import { maximumLength } from "../../encoders/text/table.ts";
import type { TextEncoderFolder } from "../../encoders/text-encoder.ts";
import { tokenInputs } from "../../encoders/token-inputs.ts";
import { NO_WORD } from "../../encoders/tokenizing/tokenizer.ts";
import type { Word } from "../../encoders/tokenizing/words.ts";
import { weightsFingerprint } from "../../encoders/weights-fingerprint.ts";
import { predictionBatches } from "../../engine/prediction-batches.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { mergeWindows, type PlacedWindow, textWindows } from "../../extractors/entity/windows.ts";
import { wordsOf } from "../../extractors/shared/words.ts";

/** A document's words and the encoder's state of each. */
export interface EncodedDocument {
  /** The words, cut at annotated mentions. */
  readonly words: readonly Word[];
  /** float32 [words, width]: the mean over a word's subwords, 0 for a word without any. */
  readonly states: Float32Array;
}

/** Tokens that neighbouring windows of a long text share. */
const OVERLAP = 32;

/** Documents between two writes to the cache. */
const CHUNK = 64;

/** What to encode with, and where to keep it. */
export interface EncodingRequest {
  readonly runtime: Runtime;
  readonly encoder: TextEncoderFolder;
  /** States are kept here, and read from here if they exist. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** `seconds`: about how long the rest takes. */
  readonly onProgress?: ((done: number, total: number, seconds: number) => void) | undefined;
}

/**
 * Encodes the words of documents; equal texts are encoded once, and long ones in windows. The identity names the encoder.
 *
 * @throws the codes of `openWeights` and of `FeatureCache.open`; the signal's reason
 */
export async function encodeWords(
  documents: readonly Document[],
  { runtime, encoder, folder, signal, onProgress }: EncodingRequest,
): Promise<{ readonly documents: readonly EncodedDocument[]; readonly identity: string }> {
  const width = encoder.config.hiddenSize;
  const maxLength = Math.min(maximumLength(encoder.config), MAX_WINDOW);
  const texts = documents.map((document) => {
    const words = wordsOf(document, encoder.tokenizer);
    const windows = textWindows(encoder.tokenizer, words, { maxLength, overlap: OVERLAP });
    return { words, windows, key: keyOf(words, windows) };
  });
  const unique = [...new Map(texts.map((text) => [text.key, text])).values()];
  const precision = runtime.device === "cpu" ? "int8" : "fp32"; // two to four times as fast; a ranking does not need the last digits
  const extractor = createHash("sha256")
    .update(await weightsFingerprint(encoder.folder))
    .update(JSON.stringify([encoder.config, maxLength, OVERLAP, precision]))
    .digest("hex");
  await using cache = await FeatureCache.open(folder, { extractor, shared: true });
  const known = new Map<string, Float32Array>();
  const fresh: typeof unique = [];
  for (const text of unique) {
    const kept = await cache.get(text.key);
    if (kept)
      known.set(text.key, kept.states!.data); // every record of this extractor has states
    else fresh.push(text);
  }
  if (fresh.length > 0) {
    const started = performance.now();
    const prediction = await frozenTextEncoder(runtime, encoder, "words", precision);
    try {
      for (let from = 0; from < fresh.length; from += CHUNK) {
        signal?.throwIfAborted();
        const chunk = fresh.slice(from, from + CHUNK);
        const hidden = await hiddenStates(
          prediction,
          chunk.flatMap(({ windows }) => windows),
          encoder,
        );
        for (const { words, windows, key } of chunk) {
          const data = meanByWord(windows, hidden.splice(0, windows.length), words.length, width);
          known.set(key, data);
          await cache.getOrCompute(key, async () => ({ states: { shape: [words.length, width], data } }));
        }
        const done = from + chunk.length;
        const seconds = ((performance.now() - started) / 1000 / done) * (fresh.length - done);
        onProgress?.(unique.length - fresh.length + done, unique.length, seconds);
      }
    } finally {
      await prediction.dispose();
    }
  }
  // All were computed or kept.
  return {
    documents: texts.map(({ words, key }) => ({ words, states: known.get(key)! })),
    identity: extractor,
  };
}

/** Posts fit; longer texts are read in windows, whose cost grows linearly. */
const MAX_WINDOW = 128;

/** The last layer's states of each window, [tokens, width], in order. */
async function hiddenStates(
  prediction: Awaited<ReturnType<typeof frozenTextEncoder>>,
  windows: readonly PlacedWindow[],
  { tokenizer, config }: TextEncoderFolder,
): Promise<Float32Array[]> {
  const states = new Array<Float32Array>(windows.length);
  await prediction.runAll(
    predictionBatches(windows.map(({ ids }) => ids.length)),
    (batch) =>
      tokenInputs(
        batch.map((i) => windows[i]!),
        tokenizer.padId,
      ),
    (batch, { hidden }) => {
      const length = hidden!.shape[1]!;
      batch.forEach((i, row) => {
        const start = row * length * config.hiddenSize;
        const end = start + windows[i]!.ids.length * config.hiddenSize;
        states[i] = (hidden!.data as Float32Array).slice(start, end);
      });
    },
  );
  return states;
}

function meanByWord(
  windows: readonly PlacedWindow[],
  hidden: readonly Float32Array[],
  words: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const { emissions, wordIndex } = mergeWindows(windows, hidden, width);
  const means = new Float32Array(words * width);
  const counts = new Uint32Array(words);
  for (const word of wordIndex) if (word !== NO_WORD) counts[word]!++;
  for (const [token, word] of wordIndex.entries()) {
    if (word === NO_WORD) continue;
    for (let i = 0; i < width; i++) means[word * width + i]! += emissions[token * width + i]! / counts[word]!;
  }
  return means;
}

/** The tokens and the words that they belong to decide the states. */
function keyOf(words: readonly Word[], windows: readonly PlacedWindow[]): string {
  const read = windows.map(({ ids, wordIndex, start }) => [ids, wordIndex, start]);
  return createHash("sha256")
    .update(JSON.stringify([words.length, read]))
    .digest("hex");
}
