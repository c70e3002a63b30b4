// Pixels as visual channel: maps and class scores of a frozen picture encoder, computed once per picture and cached on disk.
import { type Document, FeatureCache, type Features, hashPicture, PictureFolder } from "../../data/index.ts";
import { decodePicture, readPicture } from "../../encoders/pictures/index.ts";
import { ConfigError, EncoderError, RelataError } from "../../errors.ts";
import type { PictureEncoder } from "./picture-encoder.ts";
import type { SavedVisual } from "./saved-visual.ts";
import {
  type BrokenPicture,
  type DocumentFeatures,
  type OnPreparation,
  type OpenedVisual,
  promptLengthError,
  type VisualFeatures,
  type VisualSources,
} from "./visual-channel.ts";

/** A picture with one of these is counted as broken; anything else ends the run. */
const FAULTS_OF_ONE_PICTURE: ReadonlySet<string> = new Set([
  "encoder/not-a-picture",
  "encoder/picture-broken",
  "encoder/picture-too-large",
  "encoder/picture-unreadable",
  "data/cannot-read",
]);

export interface PictureChannelOptions {
  /** Where the encoder was opened from, kept with a trained model. */
  readonly place: string;
  readonly promptLength: number;
  /** Absent: features are computed anew each time. */
  readonly cacheFolder?: string | undefined;
}

export class PictureChannel implements OpenedVisual {
  /** Object crops need a detector; until one is chosen the whole picture stands alone. */
  readonly objects = 0;
  readonly saved: SavedVisual;
  readonly #encoder: PictureEncoder;
  readonly #cache: FeatureCache | undefined;

  private constructor(encoder: PictureEncoder, saved: SavedVisual, cache: FeatureCache | undefined) {
    this.#encoder = encoder;
    this.saved = saved;
    this.#cache = cache;
  }

  /** @throws ConfigError `config/prompt-length` when the maps cannot be cut into that many prompt positions */
  static async open(encoder: PictureEncoder, options: PictureChannelOptions): Promise<PictureChannel> {
    const { place, promptLength, cacheFolder } = options;
    const mapWidth = (encoder.channels * 4) / promptLength;
    if (!Number.isInteger(mapWidth)) throw promptLengthError("pictures", encoder.channels, promptLength);
    const saved: SavedVisual = {
      kind: "pictures",
      label: "pixels",
      mapWidth,
      classes: encoder.classes,
      encoder: place,
      fingerprint: encoder.fingerprint,
    };
    const cache =
      cacheFolder === undefined
        ? undefined
        : await FeatureCache.open(cacheFolder, { extractor: encoder.fingerprint });
    return new PictureChannel(encoder, saved, cache);
  }

  /** @throws ConfigError `config/no-pictures` when `sources` names no picture folder */
  async featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures> {
    if (sources.pictures === undefined) {
      throw new ConfigError({
        code: "config/no-pictures",
        message: "pictures: the visual channel is pixels, and no picture folder is given",
        remedy: "Name the folder that the documents' image names are relative to (--pictures).",
      });
    }
    const folder = await PictureFolder.open(sources.pictures);
    const images = new Set(documents.map(({ image }) => image).filter((image) => image !== undefined));
    const known = new Map<string, VisualFeatures>();
    const broken: BrokenPicture[] = [];
    let done = 0;
    for (const image of images) {
      const state = folder.find(image);
      if (state.state === "found") {
        const features = await this.#encodeFile(state.path, image, broken);
        if (features) known.set(image, features);
      }
      onPreparation?.({ what: "encoding pictures", done: ++done, total: images.size });
    }
    return {
      features: documents.map(({ image }) => (image === undefined ? undefined : known.get(image))),
      broken,
    };
  }

  /** @throws EncoderError with the code of what is wrong when the picture is missing or broken */
  readonly featuresOfPicture: NonNullable<OpenedVisual["featuresOfPicture"]> = async (picture) => {
    if (typeof picture !== "string") return toFeatures(await this.#compute(await decodePicture(picture)));
    const outcome = await readPicture(picture);
    switch (outcome.state) {
      case "present":
        return toFeatures(await this.#compute(outcome.picture));
      case "broken":
        throw outcome.error;
      case "missing":
        throw new ConfigError({
          code: "config/no-such-picture",
          message: `extract: there is no picture ${picture}`,
          place: picture,
          remedy: "Check the path, or leave the picture out.",
        });
      default:
        return outcome satisfies never;
    }
  };

  async dispose(): Promise<void> {
    await this.#cache?.close();
    await this.#encoder.dispose();
  }

  /** Features of a file; a broken one is recorded and gives undefined, so its document counts as one without a picture. */
  async #encodeFile(
    path: string,
    image: string,
    broken: BrokenPicture[],
  ): Promise<VisualFeatures | undefined> {
    const read = async (): Promise<Features> => {
      const outcome = await readPicture(path);
      if (outcome.state === "present") return this.#compute(outcome.picture);
      throw outcome.state === "broken" ? outcome.error : vanished(path);
    };
    try {
      return toFeatures(
        this.#cache ? await this.#cache.getOrCompute(await hashPicture(path), read) : await read(),
      );
    } catch (error) {
      if (!(error instanceof RelataError) || !FAULTS_OF_ONE_PICTURE.has(error.code)) throw error;
      broken.push({ image, code: error.code, message: error.message });
      return undefined;
    }
  }

  async #compute(picture: Parameters<PictureEncoder["encode"]>[0]): Promise<Features> {
    const { maps, logits } = await this.#encoder.encode(picture);
    return {
      maps: { shape: [1, this.#encoder.channels, 2, 2], data: maps },
      logits: { shape: [logits.length], data: logits },
    };
  }
}

function vanished(path: string): EncoderError {
  return new EncoderError({
    code: "encoder/picture-unreadable",
    message: `pictures: ${path} vanished while it was read`,
    place: path,
    remedy: "Do not change the picture folder during a run.",
  });
}

function toFeatures({ maps, logits }: Features): VisualFeatures {
  return { maps: [maps!.data], logits: logits!.data }; // #compute always gives both
}
