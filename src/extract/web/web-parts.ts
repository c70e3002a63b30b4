// Writes the models of a bundle for web pages: graphs, weights, tokenizers, and the frozen picture encoders that they share.
import { ConfigError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { readTokenizer } from "../../encoders/tokenizing/load-tokenizer.ts";
import type { StoredPrecision } from "../../engine/packed-weights.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import { loadCategoryModel } from "../../extractors/category/load-category-model.ts";
import { graphOptions as categoryGraph } from "../../extractors/category/model-config.ts";
import { tagScores } from "../../extractors/entity/entity-reader.ts";
import { loadEntityModel } from "../../extractors/entity/load-entity-model.ts";
import { isStudent, promptOf } from "../../extractors/entity/model-config.ts";
import { loadModel } from "../../extractors/relation/load-model.ts";
import type { RelationMethod } from "../../extractors/relation/relation-method.ts";
import { trustOf } from "../../extractors/shared/calibration.ts";
import type { GraphModel } from "../../extractors/shared/graph-model.ts";
import type { TrainedModel } from "../../extractors/shared/open-trained.ts";
import type { LoadOptions } from "../../extractors/shared/runtime-options.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { classificationForward } from "../../models/i2srm/classification.ts";
import { picturesOf } from "../../models/i2srm/config.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { readPictureGraph } from "../../visual/picture-encoder.ts";
import { locatedVisual, type SavedVisual } from "../../visual/saved-visual.ts";
import type { WebFiles } from "./web-files.ts";
import type {
  WebCategoryPart,
  WebEntityPart,
  WebPicture,
  WebRelationPart,
  WebVisual,
} from "./web-manifest.ts";

/** How parts are written. */
export interface PartOptions {
  readonly runtime: LoadOptions;
  readonly stored: StoredPrecision;
  readonly withoutPictures: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnPreparation;
}

/** A saved model, as far as all kinds have the same parts. */
interface Saved extends Omit<TrainedModel<Pick<GraphModel<never>, "parameters">>, "visual" | "encoder"> {
  readonly config: { readonly maxLength: number; readonly visual: SavedVisual | null };
}

const NO_VISUAL = async () => undefined;
/** Digits of an encoder's fingerprint that name it. */
const NAME_DIGITS = 16;

/** Writes the models of one export; collects their picture encoders and what was left out. */
export class PartWriter {
  readonly pictures: Record<string, WebPicture> = {};
  readonly notices = new Set<string>();
  readonly #files: WebFiles;
  readonly #options: PartOptions;

  constructor(files: WebFiles, options: PartOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** @throws ConfigError `web/cannot-export`, and the codes of `load` */
  async entities(folder: string): Promise<WebEntityPart> {
    const loaded = await loadEntityModel(folder, this.#options.runtime, NO_VISUAL);
    await using _ = disposable(loaded);
    const { config, chain, encoder } = loaded;
    if (isStudent(config)) throw cannotExport(folder, "is a student of MI2RAGE", "model");
    return {
      ...(await this.#common(folder, "entities", loaded, promptOf(config), (scope) =>
        tagScores(scope, config, encoder),
      )),
      entityTypes: config.entityTypes,
      subwords: config.subwords,
      constrained: config.constrained,
      crf: { start: [...chain.start], end: [...chain.end], transitions: [...chain.transitions] },
    };
  }

  /** @throws ConfigError `web/cannot-export`, and the codes of `load` */
  async relations(folder: string): Promise<WebRelationPart> {
    const loaded = await loadModel(folder, this.#options.runtime, NO_VISUAL);
    await using _ = disposable(loaded);
    const { config, method, encoder, labels, calibration } = loaded;
    if (config.format !== "relata-relation-model") {
      const kind =
        "reader" in config ? `reads with the extension ${config.reader.name}` : "is a student of MI2RAGE";
      throw cannotExport(folder, kind, "model");
    }
    const trust = trustOf(calibration);
    return {
      ...(await this.#common(folder, "relations", loaded, method.prompt, (scope) =>
        method.logits(scope, encoder, trust),
      )),
      relations: [...labels.labels],
      truncation: config.truncation,
      ...(config.pairs ? { pairs: config.pairs } : {}),
      vocabulary: encoder.vocabSize,
    };
  }

  /** @throws ConfigError `web/cannot-export`, and the codes of `load` */
  async categories(folder: string): Promise<WebCategoryPart> {
    const loaded = await loadCategoryModel(folder, this.#options.runtime, NO_VISUAL);
    await using _ = disposable(loaded);
    const { config, encoder, labels } = loaded;
    const graph = categoryGraph(config, encoder);
    return {
      ...(await this.#common(
        folder,
        "categories",
        loaded,
        config.i2srm.prefix,
        (scope) => classificationForward(scope, graph, new Dropout(false)).logits,
      )),
      categories: [...labels.labels],
    };
  }

  async #common(
    folder: string,
    name: string,
    loaded: Saved,
    prompt: RelationMethod["prompt"],
    scores: (scope: ParameterScope) => Tensor,
  ) {
    const { signal, onProgress, stored } = this.#options;
    signal?.throwIfAborted();
    onProgress?.({ what: `writing ${name}`, done: 0, total: 0 });
    const { model, calibration, thresholds, config } = loaded;
    const { definition, options } = await readTokenizer(folder);
    const tokenizer = { definition, options: { ...options, place: "the tokenizer" } };
    return {
      network: await this.#files.writeNetwork(
        {
          name,
          outputs: () => ({ scores: scores(new ParameterScope()) }),
          weight: (weight) => model.parameters.weight(weight),
        },
        stored,
      ),
      tokenizer: await this.#files.write("tokenizers/tokenizer", "json", JSON.stringify(tokenizer)),
      maxLength: config.maxLength,
      calibration: calibration ?? null,
      thresholds: thresholds === undefined ? null : (JSON.parse(JSON.stringify(thresholds)) as never),
      visual: await this.#visual(folder, locatedVisual(config.visual, folder), prompt),
    };
  }

  async #visual(
    folder: string,
    saved: SavedVisual | null,
    { promptLength, objects, wholePicture = true }: RelationMethod["prompt"],
  ): Promise<WebVisual | null> {
    if (saved === null) return null;
    const { label, mapWidth, classes, stages } = saved;
    return {
      label,
      encoder: await this.#pictureEncoder(folder, saved),
      ...(stages ? { stages: [...stages] } : {}),
      mapWidth,
      classes,
      pictures: picturesOf({ objects, wholePicture }),
      wholePicture,
      promptLength,
    };
  }

  /** Writes the picture encoder, unless it was written for another model; null if posts cannot have a picture. */
  async #pictureEncoder(folder: string, saved: SavedVisual): Promise<string | null> {
    if (saved.kind === "features") {
      this.notices.add(`${folder} was trained with precomputed features: it reads no pictures of posts`);
      return null;
    }
    const hindrance = hindranceOf(saved);
    if (this.#options.withoutPictures) {
      this.notices.add(`exported without what ${folder} sees of ${saved.kind}: it reads texts only`);
      return null;
    }
    if (hindrance !== undefined) throw cannotExport(folder, hindrance, "pictures");
    const name = saved.fingerprint.slice(0, NAME_DIGITS);
    this.pictures[name] ??= await this.#writeEncoder(saved.encoder);
    return name;
  }

  async #writeEncoder(place: string): Promise<WebPicture> {
    const { runtime, stored, signal } = this.#options;
    const extensions = await loadExtensions(runtime.extensions);
    const graph = await readPictureGraph(place, { extensions, signal });
    const { preprocessing, weights, fingerprint, width, height, channels, stages, classes } = graph;
    const { resize, resample, crop, scale, mean, deviation } = preprocessing;
    if (resize.kind === "letterbox") throw cannotExport(place, "pads pictures like a detector", "pictures");
    return {
      network: await this.#files.writeNetwork(
        { name: "pictures", outputs: () => ({ ...graph.outputs }), weight: (name) => weights.get(name)! }, // the graph declared it
        stored,
      ),
      fingerprint,
      width,
      height,
      channels,
      stages: [...stages],
      classes,
      preprocessing: {
        resize,
        resample,
        crop: crop ?? null,
        scale,
        mean: [...mean],
        deviation: [...deviation],
      },
    };
  }
}

/** What keeps a visual channel out of a web page; undefined for one that runs there. */
function hindranceOf({ kind, detector, extension, encoder }: SavedVisual): string | undefined {
  if (kind === "captions") return "reads captions with a text encoder of its own";
  if (extension !== undefined) return `sees pictures with the extension ${extension.name}`;
  if (detector !== undefined) return "sees crops that a detector finds";
  return encoder.endsWith(".json") ? "sees pictures with an ONNX file of its own" : undefined;
}

function disposable(model: { dispose(): Promise<void> }): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => model.dispose() };
}

function cannotExport(place: string, what: string, part: "model" | "pictures"): ConfigError {
  return new ConfigError({
    code: "web/cannot-export",
    message: `${place} ${what}, which cannot run in a web page`,
    place,
    remedy:
      part === "pictures"
        ? "Export it without pictures (--without-pictures), and it reads texts only; or serve it from Node."
        : `Train a relation or entity model with method "i2srm", or serve this one from Node.`,
  });
}
