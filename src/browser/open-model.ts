// Makes an exported model in the worker: downloads what it needs, compiles its graphs, and joins them as extraction in Node joins a bundle's.
import { DataError } from "../base/errors.ts";
import { LabelSet } from "../data/labels.ts";
import { entityMarkers } from "../encoders/tokenizing/markers.ts";
import { TextTokenizer, type TokenizerOptions } from "../encoders/tokenizing/tokenizer.ts";
import type { TokenizerDefinition } from "../encoders/tokenizing/vocabulary-files.ts";
import { unpackTensors } from "../engine/packed-weights.ts";
import { Extractor } from "../extract/extractor.ts";
import type { ModelParts } from "../extract/model-parts.ts";
import type {
  WebCategoryPart,
  WebEntityPart,
  WebManifest,
  WebNetwork,
  WebRelationPart,
  WebVisual,
} from "../extract/web/web-manifest.ts";
import { categoryPrediction } from "../extractors/category/category-prediction.ts";
import { entityPrediction } from "../extractors/entity/entity-prediction.ts";
import { TypeConstraints } from "../extractors/pairs/type-constraints.ts";
import type { PostVisual } from "../extractors/parts.ts";
import { relationPrediction } from "../extractors/relation/relation-prediction.ts";
import type { VisualShape } from "../extractors/shared/batch-inputs.ts";
import {
  type PredictionTask,
  type Predictor,
  predictExamples,
} from "../extractors/shared/predict-examples.ts";
import { TagScheme } from "../models/tagging/tag-scheme.ts";
import type { Downloads } from "./downloads.ts";
import type { WebRuntime } from "./onnx-runtime.ts";
import { type PictureReader, pictureChannel } from "./web-pictures.ts";
import { WebSession } from "./web-session.ts";

/** Where the parts of a model come from. */
export interface ModelSource {
  readonly downloads: Downloads;
  readonly runtime: WebRuntime;
  readonly readPicture: PictureReader;
}

/**
 * Opens an exported model.
 *
 * @throws DataError the codes of `Downloads`; EngineError `web/runtime-failed`
 */
export async function openModel(
  manifest: WebManifest,
  source: ModelSource,
  notices: readonly string[],
): Promise<Extractor> {
  const opening = new Opening(manifest, source);
  source.downloads.expect(opening.paths());
  try {
    const parts = await opening.parts();
    return new Extractor(parts, () => opening.dispose(), notices);
  } catch (error) {
    await opening.dispose();
    throw error;
  }
}

class Opening {
  readonly #manifest: WebManifest;
  readonly #source: ModelSource;
  readonly #sessions: WebSession[] = [];
  readonly #tokenizers = new Map<string, TextTokenizer>();
  readonly #encoders = new Map<string, WebSession>();
  readonly #channels = new Map<string, PostVisual>();

  constructor(manifest: WebManifest, source: ModelSource) {
    this.#manifest = manifest;
    this.#source = source;
  }

  /** Every file that will be read. */
  paths(): string[] {
    const { entities, relations, categories, pictures } = this.#manifest;
    const parts = [entities, relations, categories].filter((part) => part !== null);
    const networks = [...parts, ...Object.values(pictures)].map(({ network }) => network);
    return [
      ...parts.map(({ tokenizer }) => tokenizer),
      ...networks.flatMap(({ graphs, weights }) => [graphs[this.#source.runtime.device], ...weights.pieces]),
    ];
  }

  async parts(): Promise<ModelParts> {
    const { entities, relations, categories, typeConstraints } = this.#manifest;
    return {
      entity: entities ? await this.#entity(entities) : undefined,
      relation: relations ? await this.#relation(relations) : undefined,
      category: categories ? await this.#category(categories) : undefined,
      constraints: typeConstraints
        ? new TypeConstraints(typeConstraints.pairs, typeConstraints.types)
        : undefined,
    };
  }

  async dispose(): Promise<void> {
    for (const session of this.#sessions.splice(0)) await session.dispose();
  }

  async #entity(part: WebEntityPart): Promise<NonNullable<ModelParts["entity"]>> {
    const common = await this.#common(part);
    const scheme = new TagScheme(part.entityTypes, part.subwords);
    const { start, end, transitions } = part.crf;
    const tags = scheme.tags.length;
    if (start.length !== tags || end.length !== tags || transitions.length !== tags * tags)
      throw badManifest("crf", `has scores for another number of tags than ${tags}`);
    const prediction = entityPrediction({
      padId: common.tokenizer.padId,
      tags,
      visual: shapeOf(part.visual),
    });
    return {
      ...common,
      config: { maxLength: part.maxLength, visual: part.visual, constrained: part.constrained },
      scheme,
      chain: {
        start: Float32Array.from(start),
        end: Float32Array.from(end),
        transitions: Float32Array.from(transitions),
      },
      model: await this.#model("entities", part.network, prediction),
    };
  }

  async #relation(part: WebRelationPart): Promise<NonNullable<ModelParts["relation"]>> {
    const common = await this.#common(part);
    const { pairs } = part;
    const markers = entityMarkers(common.tokenizer, { embeddingRows: part.vocabulary });
    const prediction = relationPrediction({
      padId: common.tokenizer.padId,
      pairs,
      markers,
      visual: shapeOf(part.visual),
    });
    return {
      ...common,
      config: { maxLength: part.maxLength, visual: part.visual, truncation: part.truncation, pairs },
      labels: new LabelSet(part.relations),
      markers,
      model: await this.#model("relations", part.network, prediction),
    };
  }

  async #category(part: WebCategoryPart): Promise<NonNullable<ModelParts["category"]>> {
    const common = await this.#common(part);
    const prediction = categoryPrediction({ padId: common.tokenizer.padId, visual: shapeOf(part.visual) });
    return {
      ...common,
      config: { maxLength: part.maxLength, visual: part.visual },
      labels: new LabelSet(part.categories),
      model: await this.#model("categories", part.network, prediction),
    };
  }

  async #common({
    tokenizer,
    calibration,
    thresholds,
    visual,
  }: WebEntityPart | WebRelationPart | WebCategoryPart) {
    return {
      tokenizer: await this.#tokenizer(tokenizer),
      calibration: calibration ?? undefined,
      thresholds: thresholds ?? undefined,
      visual: await this.#channel(visual),
    };
  }

  async #tokenizer(path: string): Promise<TextTokenizer> {
    const known = this.#tokenizers.get(path);
    if (known !== undefined) return known;
    const { definition, options } = (await this.#source.downloads.readJson(path)) as {
      readonly definition: TokenizerDefinition; // the tokenizer checks it
      readonly options: TokenizerOptions;
    };
    const tokenizer = new TextTokenizer(definition, options);
    this.#tokenizers.set(path, tokenizer);
    return tokenizer;
  }

  async #model<Example>(
    label: string,
    network: WebNetwork,
    task: PredictionTask<Example>,
  ): Promise<Predictor<Example>> {
    const session = await this.#session(label, network);
    return { predict: (examples, onProgress) => predictExamples(task, session, examples, onProgress) };
  }

  /** Models that see the same share one channel, so that a picture is encoded once. */
  async #channel(visual: WebVisual | null): Promise<PostVisual | undefined> {
    if (visual === null || visual.encoder === null) return undefined;
    const { encoder: name, stages } = visual;
    const key = JSON.stringify([name, stages ?? null]);
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const encoder = this.#manifest.pictures[name];
    if (encoder === undefined) throw badManifest("pictures", `does not describe the picture encoder ${name}`);
    const session = this.#encoders.get(name) ?? (await this.#session("pictures", encoder.network));
    this.#encoders.set(name, session);
    const channel = pictureChannel(visual, encoder, session, this.#source.readPicture);
    this.#channels.set(key, channel);
    return channel;
  }

  async #session(label: string, { graphs, weights }: WebNetwork): Promise<WebSession> {
    const { downloads, runtime } = this.#source;
    const graph = await downloads.read(graphs[runtime.device]);
    const pieces = [];
    for (const path of weights.pieces) pieces.push(await downloads.read(path));
    const expanded = unpackTensors(weights.tensors, joined(pieces), weights.bytes);
    const session = await WebSession.create(runtime, {
      label,
      graph,
      weightFile: weights.file,
      weights: expanded,
    });
    this.#sessions.push(session);
    return session;
  }
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** The picture inputs of a graph; undefined for a graph without any. */
function shapeOf(visual: WebVisual | null): VisualShape | undefined {
  if (visual === null) return undefined;
  const { pictures, wholePicture, promptLength, mapWidth, classes } = visual;
  return { pictures, wholePicture, promptLength, mapWidth, classes };
}

function badManifest(field: string, problem: string): DataError {
  return new DataError({
    code: "web/bad-manifest",
    message: `the record of the model ${problem}`,
    place: field,
    remedy: "Export the model again, and upload the whole folder.",
  });
}
