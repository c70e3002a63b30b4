// Features computed elsewhere: a safetensors file with `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes].
import type { Document } from "../../data/index.ts";
import { readSafetensors, type SafetensorsFile, toFloat32 } from "../../engine/index.ts";
import { DataError } from "../../errors.ts";
import { formatShape } from "../../graph/index.ts";
import { fileFingerprint } from "./fingerprint.ts";
import type { SavedVisual } from "./model-config.ts";
import type {
  DocumentFeatures,
  OnPreparation,
  OpenedVisual,
  VisualFeatures,
  VisualSources,
} from "./visual-channel.ts";

export class FeatureFileChannel implements OpenedVisual {
  readonly saved: SavedVisual;
  readonly objects: number;
  readonly #promptLength: number;
  readonly #file: SafetensorsFile;

  private constructor(file: SafetensorsFile, saved: SavedVisual, objects: number, promptLength: number) {
    this.#file = file;
    this.saved = saved;
    this.objects = objects;
    this.#promptLength = promptLength;
  }

  /**
   * Opens the file; its widest picture decides how many crops there are.
   *
   * @throws DataError `data/no-features` when it holds none; EngineError for a damaged file
   */
  static async open(path: string, promptLength: number): Promise<FeatureFileChannel> {
    const file = await readSafetensors(path);
    const images = file
      .names()
      .flatMap((name) => (name.startsWith("maps/") ? [name.slice("maps/".length)] : []));
    const first = images[0];
    if (first === undefined || !file.names().includes(`logits/${first}`)) {
      throw new DataError({
        code: "data/no-features",
        message: `features: ${path} holds no pair of maps/<image> and logits/<image>`,
        place: path,
        remedy:
          "Write maps/<image> [1 + crops, channels, 2, 2] and logits/<image> [classes] for every picture.",
      });
    }
    const pictures = Math.max(...images.map((image) => file.spec(`maps/${image}`).shape[0] ?? 0));
    const channels = file.spec(`maps/${first}`).shape[1] ?? 0;
    const saved: SavedVisual = {
      kind: "features",
      label: "precomputed features",
      mapWidth: (channels * 4) / promptLength,
      classes: file.spec(`logits/${first}`).shape[0] ?? 0,
      encoder: path,
      fingerprint: await fileFingerprint(path),
    };
    return new FeatureFileChannel(file, saved, pictures - 1, promptLength);
  }

  /** `sources.features` names the file for these documents; by default the one that was opened. */
  async featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures> {
    const file = sources.features === undefined ? this.#file : await readSafetensors(sources.features);
    const known = new Set(file.names());
    const read = new Map<string, VisualFeatures>();
    const features: (VisualFeatures | undefined)[] = [];
    for (const { image } of documents) {
      if (image !== undefined && !read.has(image) && known.has(`maps/${image}`)) {
        read.set(image, await this.#read(file, image));
      }
      features.push(image === undefined ? undefined : read.get(image));
      onPreparation?.({ what: "reading features", done: features.length, total: documents.length });
    }
    return { features, broken: [] };
  }

  async dispose(): Promise<void> {}

  async #read(file: SafetensorsFile, image: string): Promise<VisualFeatures> {
    const maps = toFloat32(await file.tensor(`maps/${image}`));
    const logits = toFloat32(await file.tensor(`logits/${image}`));
    const { mapWidth, classes } = this.saved;
    const size = mapWidth * this.#promptLength;
    const pictures = maps.data.length / size;
    if (
      !Number.isInteger(pictures) ||
      pictures < 1 ||
      pictures > 1 + this.objects ||
      logits.data.length !== classes
    ) {
      throw new DataError({
        code: "data/feature-shape",
        message: `features: '${image}' has maps ${formatShape(maps.shape)} and ${logits.data.length} class scores, expected up to ${1 + this.objects} pictures of ${size} numbers and ${classes} scores`,
        place: file.path,
        remedy: "Write all pictures' features with one encoder.",
      });
    }
    const cut = Array.from({ length: pictures }, (_, i) => maps.data.subarray(i * size, (i + 1) * size));
    return { maps: cut, logits: logits.data };
  }
}
