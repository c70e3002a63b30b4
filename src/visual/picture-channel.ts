// Pixels as visual channel: maps and class scores of a frozen picture encoder, for whole pictures and for the objects that a detector finds.

import { mapConcurrently } from "../base/concurrently.ts";
import { ConfigError, EncoderError, type RelataError } from "../base/errors.ts";
import type { OnPreparation } from "../base/progress.ts";
import type { Document } from "../data/document.ts";
import { FeatureCache } from "../data/feature-cache.ts";
import { PictureFolder } from "../data/pictures.ts";
import type { ObjectDetector } from "../encoders/objects/detector.ts";
import { readPictureFile } from "../encoders/pictures/decode.ts";
import { isPictureFault } from "../encoders/pictures/limits.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { PictureFeatures, type PictureResult } from "./picture-features.ts";
import { chooseStages, type StageChoice } from "./picture-stages.ts";
import { noSuchPicture } from "./picture-state.ts";
import { RecentFeatures } from "./recent-features.ts";
import type { SavedVisual } from "./saved-visual.ts";
import {
  type BrokenPicture,
  type DocumentFeatures,
  type OpenedVisual,
  type PictureRegions,
  type PictureSource,
  type PostPicture,
  promptLengthError,
  UNNAMED_PICTURE,
  type VisualFeatures,
  type VisualSources,
} from "./visual-channel.ts";

/**
 * Pictures processed concurrently: while one is in the network, the next ones are decoded and scaled. Each
 * is encoded separately, so its features are bit-identical whatever its neighbours are.
 */
const PICTURES_AT_ONCE = 4;

export interface PictureChannelOptions {
  /** Location of the encoder, saved with a trained model. */
  readonly place: string;
  readonly promptLength: number;
  /** Numbers of the encoder's stages that the maps are made of, from 1; absent: all. */
  readonly stages?: readonly number[] | undefined;
  /** Absent: only the features of the pictures seen last are kept, in memory. */
  readonly cacheFolder?: string | undefined;
  /** Finds up to `objects` crops; absent: the whole picture only. The channel disposes of it. */
  readonly crops?:
    | { readonly place: string; readonly detector: ObjectDetector; readonly objects: number }
    | undefined;
}

/** One picture of the documents, with its text if the detector reads it. */
interface Wanted {
  readonly image: string;
  readonly text: string;
}

export class PictureChannel implements OpenedVisual {
  readonly objects: number;
  readonly saved: SavedVisual;
  readonly notes: readonly string[];
  readonly #encoder: PictureEncoder;
  readonly #detector: ObjectDetector | undefined;
  readonly #cache: FeatureCache | undefined;
  readonly #pictures: PictureFeatures;

  private constructor(
    encoder: PictureEncoder,
    stages: StageChoice,
    saved: SavedVisual,
    cache: FeatureCache | undefined,
    crops: PictureChannelOptions["crops"],
  ) {
    this.#encoder = encoder;
    this.#detector = crops?.detector;
    this.#cache = cache;
    this.#pictures = new PictureFeatures({ encoder, stages, cache: cache ?? new RecentFeatures(), crops });
    this.saved = saved;
    this.notes = encoder.notes ?? [];
    this.objects = crops?.objects ?? 0;
  }

  /** @throws ConfigError `config/no-such-stage`; `config/prompt-length` when the maps cannot be cut into that many prompt positions */
  static async open(encoder: PictureEncoder, options: PictureChannelOptions): Promise<PictureChannel> {
    const { place, promptLength, stages: chosen, cacheFolder, crops } = options;
    const stages = chooseStages(encoder, chosen, place);
    const mapWidth = (stages.channels * 4) / promptLength;
    if (!Number.isInteger(mapWidth)) throw promptLengthError("pictures", stages.channels, promptLength);
    const saved: SavedVisual = {
      kind: "pictures",
      label: "pixels",
      mapWidth,
      classes: encoder.classes,
      ...(chosen ? { stages: chosen } : {}),
      encoder: place,
      fingerprint: encoder.fingerprint,
      ...(encoder.extension ? { extension: encoder.extension } : {}),
      ...(crops ? { detector: { place: crops.place, fingerprint: crops.detector.fingerprint } } : {}),
    };
    const cache =
      cacheFolder === undefined
        ? undefined
        : await FeatureCache.open(cacheFolder, { extractor: encoder.fingerprint, shared: true });
    return new PictureChannel(encoder, stages, saved, cache, crops);
  }

  /**
   * Reads only the picture and text of a document, never its annotations.
   *
   * @throws ConfigError `config/no-pictures` when `sources` names no picture folder
   */
  async featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures> {
    if (sources.pictures === undefined) {
      throw new ConfigError({
        code: "config/no-pictures",
        message: "the model reads pictures, but no picture folder is given",
        remedy: "Name the folder to which the documents' image names are relative (--pictures).",
      });
    }
    const folder = await PictureFolder.open(sources.pictures);
    const wanted = documents.map(({ image, text }) => this.#wanted(image, text));
    const distinct = new Map(wanted.flatMap((one) => (one ? [[keyOf(one), one] as const] : [])));
    let done = 0;
    const outcomes = await mapConcurrently([...distinct.values()], PICTURES_AT_ONCE, async (one) => {
      const state = folder.find(one.image);
      const outcome =
        state.state === "found" ? await this.#encode(fileSource(state.path, vanished), one) : undefined;
      onPreparation?.({ what: "encoding pictures", done: ++done, total: distinct.size });
      return outcome;
    });
    const known = new Map<string, VisualFeatures>();
    const broken = new Map<string, BrokenPicture>(); // counts a broken picture once, even if several texts share it
    const crops = { counts: new Array<number>(1 + this.objects).fill(0), degenerate: 0 };
    for (const [i, key] of [...distinct.keys()].entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined) continue;
      if ("code" in outcome) {
        broken.set(outcome.image, outcome);
        continue;
      }
      known.set(key, outcome.features);
      crops.counts[outcome.features.maps.length - 1]!++; // at most `objects` crops
      crops.degenerate += outcome.degenerate;
    }
    return {
      features: wanted.map((one) => one && known.get(keyOf(one))),
      broken: [...broken.values()],
      ...(this.#detector ? { crops } : {}),
    };
  }

  /** Without a text, a text-prompted detector finds nothing. */
  readonly featuresOfPictures = async (
    pictures: readonly PictureSource[],
    onPreparation: OnPreparation,
  ): Promise<readonly (VisualFeatures | undefined)[]> => {
    let done = 0;
    return mapConcurrently(pictures, PICTURES_AT_ONCE, async (picture) => {
      const outcome = await this.#encode(picture, { image: picture.place, text: "" });
      onPreparation?.({ what: "encoding pictures", done: ++done, total: pictures.length });
      return "code" in outcome ? undefined : outcome.features;
    });
  };

  /** @throws EncoderError with the matching code when the picture is missing or broken */
  readonly featuresOfPicture = async (picture: PostPicture, text: string): Promise<VisualFeatures> =>
    (await this.#pictures.of(sourceOf(picture), text)).features;

  /** @throws the same errors */
  readonly regionsOfPicture = (picture: PostPicture, text: string): Promise<PictureRegions> =>
    this.#pictures.regionsOf(sourceOf(picture), text);

  async dispose(): Promise<void> {
    await this.#cache?.close();
    await this.#encoder.dispose();
    await this.#detector?.dispose();
  }

  #wanted(image: string | undefined, text: string): Wanted | undefined {
    return image === undefined ? undefined : { image, text: this.#detector?.usesText ? text : "" };
  }

  /**
   * Returns the features of a picture, or the error of a broken one, whose document then counts as having no
   * picture.
   */
  async #encode(picture: PictureSource, { image, text }: Wanted): Promise<PictureResult | BrokenPicture> {
    try {
      return await this.#pictures.of(picture, text);
    } catch (error) {
      if (!isPictureFault(error)) throw error;
      return { image, code: error.code, message: error.message };
    }
  }
}

function keyOf({ image, text }: Wanted): string {
  return JSON.stringify([image, text]);
}

function sourceOf(picture: PostPicture): PictureSource {
  if (typeof picture === "string") return fileSource(picture, noSuchPicture);
  return picture instanceof Uint8Array ? { place: UNNAMED_PICTURE, bytes: async () => picture } : picture;
}

function fileSource(path: string, missing: (path: string) => RelataError): PictureSource {
  return {
    place: path,
    bytes: async () => {
      const bytes = await readPictureFile(path);
      if (bytes === undefined) throw missing(path);
      return bytes;
    },
  };
}

function vanished(path: string): EncoderError {
  return new EncoderError({
    code: "encoder/picture-unreadable",
    message: `${path} disappeared while it was read`,
    place: path,
    remedy: "Do not change the picture folder during a run.",
  });
}
