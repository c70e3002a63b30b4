// Features computed elsewhere: a safetensors file with `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes].

import { DataError } from "../base/errors.ts";
import type { OnPreparation } from "../base/progress.ts";
import type { Document } from "../data/document.ts";
import { fileFingerprint } from "../encoders/onnx-file.ts";
import { readSafetensors, type SafetensorsFile, toFloat32 } from "../engine/safetensors.ts";
import { formatShape } from "../graph/dimension.ts";
import type { SavedVisual } from "./saved-visual.ts";
import {
  type DocumentFeatures,
  type OpenedVisual,
  promptLengthError,
  type VisualFeatures,
  type VisualSources,
} from "./visual-channel.ts";

const MAPS = "maps/";

export class FeatureFileChannel implements OpenedVisual {
  readonly saved: SavedVisual;
  readonly objects: number;
  readonly #promptLength: number;

  private constructor(saved: SavedVisual, objects: number, promptLength: number) {
    this.saved = saved;
    this.objects = objects;
    this.#promptLength = promptLength;
  }

  /**
   * Opens the channel of a file; the picture with the most crops sets the number of crops, up to `maxObjects`.
   *
   * @throws DataError `data/no-features`, `data/feature-shape`; ConfigError `config/prompt-length`; EngineError for a damaged file
   */
  static async open(path: string, promptLength: number, maxObjects: number): Promise<FeatureFileChannel> {
    const file = await readSafetensors(path);
    const images = imagesOf(file);
    if (images.length === 0) {
      throw new DataError({
        code: "data/no-features",
        message: `${path} contains no maps/<image>`,
        place: path,
        remedy: WANTED,
      });
    }
    const sizes = images.map((image) => sizesOf(file, image));
    const { channels, classes } = sizes[0]!; // there is an image
    const mapWidth = (channels * 4) / promptLength;
    if (!Number.isInteger(mapWidth)) throw promptLengthError("features", channels, promptLength);
    const saved: SavedVisual = {
      kind: "features",
      label: "precomputed features",
      mapWidth,
      classes,
      encoder: path,
      fingerprint: await fileFingerprint(path),
    };
    const crops = sizes.reduce((most, { pictures }) => Math.max(most, pictures - 1), 0);
    return new FeatureFileChannel(saved, Math.min(crops, maxObjects), promptLength);
  }

  /** Opens the channel of a trained model; no file is needed until documents are read. */
  static reopen(saved: SavedVisual, promptLength: number, objects: number): FeatureFileChannel {
    return new FeatureFileChannel(saved, objects, promptLength);
  }

  /** `sources.features` names the file for these documents; by default the one used in training. */
  async featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures> {
    const file = await readSafetensors(sources.features ?? this.saved.encoder);
    const known = new Set(imagesOf(file));
    const read = new Map<string, VisualFeatures>();
    const features: (VisualFeatures | undefined)[] = [];
    for (const { image } of documents) {
      if (image !== undefined && !read.has(image) && known.has(image)) {
        read.set(image, this.#read(file, image));
      }
      features.push(image === undefined ? undefined : read.get(image));
      onPreparation?.({ what: "reading features", done: features.length, total: documents.length });
    }
    return { features, broken: [] };
  }

  async dispose(): Promise<void> {}

  #read(file: SafetensorsFile, image: string): VisualFeatures {
    const { mapWidth, classes } = this.saved;
    const sizes = sizesOf(file, image);
    const size = mapWidth * this.#promptLength;
    if (sizes.channels * 4 !== size || sizes.classes !== classes) {
      const wanted = `${size / 4} channels and ${classes} class scores`;
      throw shapeError(
        file,
        image,
        `has ${sizes.channels} channels and ${sizes.classes} class scores, expected ${wanted}`,
      );
    }
    const maps = toFloat32(file.tensor(MAPS + image)).data;
    const pooled = toFloat32(file.tensor(`logits/${image}`)).data;
    if (!(maps.every(Number.isFinite) && pooled.every(Number.isFinite))) {
      throw new DataError({
        code: "data/features-not-finite",
        message: `the features of '${image}' contain a number that is NaN or infinite`,
        place: `${file.path}: ${image}`,
        remedy: "Compute them again, or remove the picture from the file; it then counts as missing.",
      });
    }
    const pictures = Math.min(sizes.pictures, 1 + this.objects);
    return {
      maps: Array.from({ length: pictures }, (_, i) => maps.subarray(i * size, (i + 1) * size)),
      pooled,
    };
  }
}

const WANTED =
  "Write maps/<image> [1 + crops, channels, 2, 2] and logits/<image> [classes] for every picture, all with one encoder.";

function imagesOf(file: SafetensorsFile): string[] {
  return file.names().flatMap((name) => (name.startsWith(MAPS) ? [name.slice(MAPS.length)] : []));
}

/** Checks and returns the sizes of one picture's features. @throws DataError `data/feature-shape` */
function sizesOf(file: SafetensorsFile, image: string) {
  const { shape } = file.spec(MAPS + image);
  const [pictures = 0, channels = 0, height, width] = shape;
  if (shape.length !== 4 || pictures < 1 || channels < 1 || height !== 2 || width !== 2) {
    throw shapeError(file, image, `has maps ${formatShape(shape)}, expected [1 + crops, channels, 2, 2]`);
  }
  if (!file.has(`logits/${image}`)) throw shapeError(file, image, `has maps but no logits/${image}`);
  const logits = file.spec(`logits/${image}`).shape;
  if (logits.length !== 1) {
    throw shapeError(file, image, `has class scores ${formatShape(logits)}, expected [classes]`);
  }
  return { pictures, channels, classes: logits[0] ?? 0 };
}

function shapeError(file: SafetensorsFile, image: string, what: string): DataError {
  return new DataError({
    code: "data/feature-shape",
    message: `the picture '${image}' ${what}`,
    place: `${file.path}: ${image}`,
    remedy: WANTED,
  });
}
