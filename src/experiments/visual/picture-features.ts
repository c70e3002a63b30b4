// Features of one picture: of the whole, and of the crops that a detector finds in it; both computed once and kept on disk.
import { createHash } from "node:crypto";
import type { FeatureCache, Features, PictureHash } from "../../data/index.ts";
import { cropPicture, type ObjectDetector } from "../../encoders/objects/index.ts";
import type { RgbPicture } from "../../encoders/pictures/index.ts";
import type { PictureEncoder } from "./picture-encoder.ts";
import type { VisualFeatures } from "./visual-channel.ts";

/** Where crops come from. */
export interface CropSource {
  readonly detector: ObjectDetector;
  /** Most crops per picture. */
  readonly objects: number;
}

/** A picture that was not decoded yet; a cached one need not be. */
export interface PictureSource {
  hash(): Promise<PictureHash>;
  decode(): Promise<RgbPicture>;
}

export interface PictureResult {
  readonly features: VisualFeatures;
  /** Boxes of the detector that held no pixel; 0 without a detector. */
  readonly degenerate: number;
}

/** Computes features through a cache that belongs to the encoder; without one, anew each time. */
export class PictureFeatures {
  readonly #encoder: PictureEncoder;
  readonly #cache: FeatureCache | undefined;
  readonly #crops: CropSource | undefined;

  constructor(encoder: PictureEncoder, cache: FeatureCache | undefined, crops: CropSource | undefined) {
    this.#encoder = encoder;
    this.#cache = cache;
    this.#crops = crops;
  }

  /** The maps are those of the whole picture, then of its crops, the best first. `text` reaches the detector only. */
  async of(source: PictureSource, text: string): Promise<PictureResult> {
    let decoding: Promise<RgbPicture> | undefined;
    const decode = () => {
      decoding ??= source.decode();
      return decoding;
    };
    const hash = this.#cache && (await source.hash());
    const whole = await this.#kept(hash, async () => this.#encodeWhole(await decode()));
    const { maps, logits } = whole as { maps: Features[string]; logits: Features[string] }; // #encodeWhole gives both
    const crops = this.#crops;
    if (crops === undefined) return { features: { maps: [maps.data], logits: logits.data }, degenerate: 0 };
    const key = hash && cropKey(hash, crops, text);
    const found = await this.#kept(key, async () => this.#encodeCrops(crops, await decode(), text));
    const [count = 0] = found.maps?.shape ?? [];
    const size = maps.data.length;
    return {
      features: {
        maps: [
          maps.data,
          ...Array.from({ length: count }, (_, i) => found.maps!.data.subarray(i * size, (i + 1) * size)), // there are `count`
        ],
        logits: logits.data,
      },
      degenerate: found.degenerate?.data[0] ?? 0,
    };
  }

  #kept(key: PictureHash | undefined, compute: () => Promise<Features>): Promise<Features> {
    return this.#cache && key !== undefined ? this.#cache.getOrCompute(key, compute) : compute();
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

/** Stands for the picture in the key of its crops; the cache adds the encoder. */
function cropKey(picture: PictureHash, { detector, objects }: CropSource, text: string): PictureHash {
  const parts = ["crops", picture, detector.fingerprint, objects, ...(detector.usesText ? [text] : [])];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
