// Features of one picture: the whole and the crops that a detector finds in it, both computed once and
// cached, on disk or in memory.

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { Gate } from "../base/gate.ts";
import { sha256 } from "../base/sha256.ts";
import type { FeatureCache } from "../data/feature-cache.ts";
import type { Features } from "../data/feature-record.ts";
import type { PictureHash } from "../data/pictures.ts";
import type { ObjectDetector } from "../encoders/objects/detector.ts";
import { cropPicture } from "../encoders/objects/pixel-box.ts";
import { decodeInspected } from "../encoders/pictures/decode.ts";
import { inspectPicture } from "../encoders/pictures/inspect.ts";
import { MAX_PIXELS } from "../encoders/pictures/limits.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import type { StageChoice } from "./picture-stages.ts";
import type { PictureRegions, PictureSource, VisualFeatures } from "./visual-channel.ts";

/** Where crops come from. */
export interface CropSource {
  readonly detector: ObjectDetector;
  /** Maximum number of crops per picture. */
  readonly objects: number;
}

/** Maximum bytes of files in memory at once, over all callers in this process. */
const files = new Gate(4);
/** Maximum decoded pixels in memory at once: two of the largest pictures, or dozens of photographs. */
const pixels = new Gate(2 * MAX_PIXELS);
/** Bytes hashed before yielding to the event loop: a few milliseconds. */
const HASHED_BYTES = 4_000_000;

export interface PictureResult {
  readonly features: VisualFeatures;
  /** Boxes of the detector that contained no pixel; 0 without a detector. */
  readonly degenerate: number;
}

/** What features are computed with. */
interface FeatureSource {
  readonly encoder: PictureEncoder;
  /** The stages that the maps are made of. */
  readonly stages: StageChoice;
  readonly cache: Pick<FeatureCache, "getOrCompute">;
  readonly crops: CropSource | undefined;
}

/**
 * Computes features through the encoder's cache. The cache holds the maps of all stages, so runs with
 * different stages share it.
 */
export class PictureFeatures {
  readonly #encoder: PictureEncoder;
  readonly #stages: StageChoice;
  readonly #cache: Pick<FeatureCache, "getOrCompute">;
  readonly #crops: CropSource | undefined;

  constructor({ encoder, stages, cache, crops }: FeatureSource) {
    this.#encoder = encoder;
    this.#stages = stages;
    this.#cache = cache;
    this.#crops = crops;
  }

  /** The maps are those of the whole picture, then of its crops, best first. Only the detector reads `text`. */
  async of(source: PictureSource, text: string): Promise<PictureResult> {
    const releases = [await files.enter(1)];
    try {
      const bytes = await source.bytes();
      let decoding: Promise<RgbPicture> | undefined; // do not decode a picture with cached features
      const decode = () => {
        decoding ??= this.#decode(bytes, source.place, releases);
        return decoding;
      };
      return await this.#featuresOf(bytes, decode, text);
    } finally {
      for (const release of releases) release();
    }
  }

  /** Where the crops are whose maps `of` returns after that of the whole picture: decodes and detects again, encodes nothing. */
  async regionsOf(source: PictureSource, text: string): Promise<PictureRegions> {
    const releases = [await files.enter(1)];
    try {
      const picture = await this.#decode(await source.bytes(), source.place, releases);
      const { width, height } = picture;
      const found = await this.#crops?.detector.detect(picture, text);
      return { width, height, crops: found?.objects.slice(0, this.#crops?.objects) ?? [] };
    } finally {
      for (const release of releases) release();
    }
  }

  async #decode(bytes: Uint8Array, place: string, releases: (() => void)[]): Promise<RgbPicture> {
    const inspected = inspectPicture(bytes, { place });
    releases.push(await pixels.enter(inspected.width * inspected.height));
    return decodeInspected(inspected);
  }

  async #featuresOf(
    bytes: Uint8Array,
    decode: () => Promise<RgbPicture>,
    text: string,
  ): Promise<PictureResult> {
    const hash = await hashOf(bytes);
    const whole = await this.#cache.getOrCompute(hash, async () => this.#encodeWhole(await decode()));
    const { maps, logits } = whole as { maps: Features[string]; logits: Features[string] }; // #encodeWhole sets both
    const crops = this.#crops;
    const own = this.#stages.take(maps.data);
    if (crops === undefined) return { features: { maps: [own], pooled: logits.data }, degenerate: 0 };
    const found = await this.#cache.getOrCompute(cropKey(hash, crops, text), async () =>
      this.#encodeCrops(crops, await decode(), text),
    );
    const [count = 0] = found.maps?.shape ?? [];
    const size = maps.data.length;
    return {
      features: {
        maps: [
          own,
          ...Array.from(
            { length: count },
            (_, i) => this.#stages.take(found.maps!.data.subarray(i * size, (i + 1) * size)), // there are `count`
          ),
        ],
        pooled: logits.data,
      },
      degenerate: found.degenerate?.data[0] ?? 0,
    };
  }

  async #encodeWhole(picture: RgbPicture): Promise<Features> {
    const { maps, logits } = await this.#encoder.encode(picture);
    return {
      maps: { shape: [1, this.#encoder.channels, 2, 2], data: maps },
      logits: { shape: [logits.length], data: logits },
    };
  }

  async #encodeCrops(
    { detector, objects }: CropSource,
    picture: RgbPicture,
    text: string,
  ): Promise<Features> {
    const detection = await detector.detect(picture, text);
    const found = detection.objects.slice(0, objects);
    const size = this.#encoder.channels * 4;
    const maps = new Float32Array(found.length * size);
    for (const [i, { box }] of found.entries()) {
      maps.set((await this.#encoder.encode(cropPicture(picture, box))).maps, i * size);
    }
    return {
      maps: { shape: [found.length, this.#encoder.channels, 2, 2], data: maps },
      degenerate: { shape: [1], data: Float32Array.of(detection.degenerate) },
    };
  }
}

async function hashOf(bytes: Uint8Array): Promise<PictureHash> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += HASHED_BYTES) {
    if (at > 0) await setImmediate();
    hash.update(bytes.subarray(at, at + HASHED_BYTES));
  }
  return hash.digest("hex");
}

/** Identifies the picture in the cache key of its crops; the cache adds the encoder. */
function cropKey(picture: PictureHash, { detector, objects }: CropSource, text: string): PictureHash {
  const parts = ["crops", picture, detector.fingerprint, objects, ...(detector.usesText ? [text] : [])];
  return sha256(JSON.stringify(parts));
}
