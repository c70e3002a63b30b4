// The first run without any data: makes the tiny corpus and tiny encoders, trains relations on texts alone and with pictures, and entities;
// scores them, joins both tasks in a bundle and reads a raw post with it.
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import type { TrainingEvent } from "../training/index.ts";
import { parseConfig } from "./config/parse.ts";
import type { ConfigInput } from "./config/schema.ts";
import { evaluateEntities } from "./entity/evaluate.ts";
import { exportBundle } from "./extract/export-bundle.ts";
import { load } from "./extract/load.ts";
import type { Extraction } from "./extract/post.ts";
import { evaluateRelations, type PreparationProgress, trainExtractor } from "./relation-runs.ts";
import { drawWorld, type WorldPost } from "./world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "./world/tiny-encoders.ts";
import { readWorldTruth, type SplitTruth } from "./world/truth.ts";
import { worldVocabulary } from "./world/vocabulary.ts";
import { type WorldFiles, writeWorld } from "./world/write.ts";

export interface QuickstartOptions {
  /** Everything is written below it; an earlier quickstart there is replaced. */
  readonly folder: string;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onStage?: (stage: string) => void;
  readonly onPreparation?: (progress: PreparationProgress) => void;
  readonly onProgress?: (event: TrainingEvent) => void;
}

/** One trained model and its scores on the validation documents. */
export interface QuickstartModel {
  readonly name: "text only" | "text and picture";
  readonly modelFolder: string;
  readonly accuracy: number;
  readonly microF1: number;
  /** Accuracy on the documents whose relation only the picture tells. */
  readonly needsPictureAccuracy: number;
}

export interface QuickstartResult {
  readonly corpus: WorldFiles;
  readonly train: SplitTruth;
  readonly validation: SplitTruth;
  readonly models: readonly QuickstartModel[];
  /** The model that finds the mentions, and its score. */
  readonly entities: { readonly modelFolder: string; readonly microF1: number };
  /** Both tasks' models with pictures, in one folder. */
  readonly bundle: string;
  /** One post that needs its picture, as the bundle reads it: nothing is marked in the text. */
  readonly example: {
    readonly text: string;
    readonly picture: string;
    readonly head: string;
    readonly tail: string;
    readonly gold: string;
    readonly found: Extraction;
  };
}

const DEFAULT_SEED = 7;

/** Runs the quickstart. @throws DataError `quickstart/folder-in-use` for a folder that holds something else. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { folder, seed = DEFAULT_SEED, signal, onStage } = options;
  const corpusFolder = join(folder, "corpus");
  await clear(folder, join(corpusFolder, "truth.json"));
  const world = drawWorld({ seed });
  const { posts } = world;
  onStage?.(`making ${Object.values(posts).flat().length} posts with pictures`);
  const files = await writeWorld(corpusFolder, { seed });
  const { truth } = await readWorldTruth(corpusFolder);
  const encoders = { text: join(folder, "tiny-bert"), picture: join(folder, "tiny-resnet") };
  await writeTinyBert(encoders.text, worldVocabulary(world), seed);
  await writeTinyResnet(encoders.picture, seed);

  const models: QuickstartModel[] = [];
  for (const name of ["text only", "text and picture"] as const) {
    signal?.throwIfAborted();
    onStage?.(`training on ${name === "text only" ? "texts alone" : "texts and pictures"}`);
    const run = await trainExtractor({
      ...options,
      config: parseConfig(relationConfig(name, files, encoders), "quickstart"),
      runFolder: join(folder, name.replaceAll(" ", "-")),
    });
    signal?.throwIfAborted();
    models.push(await score(name, run.modelFolder, files, options));
  }
  onStage?.("training to find the entities");
  const entityRun = await trainExtractor({
    ...options,
    config: parseConfig(entityConfig(files, encoders), "quickstart"),
    runFolder: join(folder, "entities"),
  });
  signal?.throwIfAborted();
  const { metrics } = await evaluateEntities({
    model: entityRun.modelFolder,
    data: files.validation,
    format: "relata",
    pictures: files.pictures,
  });
  const example = posts.validation.find((post) => post.needsPicture && post.label !== "None");
  const withPictures = models.at(-1);
  if (example === undefined || withPictures === undefined)
    throw new Error("quickstart: the corpus has no example");
  const bundle = join(folder, "bundle");
  onStage?.("joining both tasks in one folder");
  await exportBundle({
    entities: entityRun.modelFolder,
    relations: withPictures.modelFolder,
    folder: bundle,
    constraintsFrom: { path: files.train, format: "relata" },
  });
  return {
    corpus: files,
    train: truth.splits.train,
    validation: truth.splits.validation,
    models,
    entities: { modelFolder: entityRun.modelFolder, microF1: metrics.micro.f1 },
    bundle,
    example: await readExample(example, bundle, files),
  };
}

async function clear(folder: string, mark: string): Promise<void> {
  if (existsSync(mark)) await rm(folder, { recursive: true });
  else if (existsSync(folder)) {
    throw new DataError({
      code: "quickstart/folder-in-use",
      message: "quickstart: the folder is there and holds no earlier quickstart",
      place: folder,
      remedy: "Name another folder, or remove this one.",
    });
  }
  await mkdir(folder, { recursive: true });
}

interface Encoders {
  readonly text: string;
  readonly picture: string;
}

/** Settings for encoders that start from random weights: larger steps and narrower parts than the published ones. */
function relationConfig(name: QuickstartModel["name"], files: WorldFiles, encoders: Encoders): ConfigInput {
  const textOnly = name === "text only";
  return {
    encoder: encoders.text,
    data: {
      train: files.train,
      validation: files.validation,
      pictures: files.pictures,
      relations: files.relations,
    },
    visual: textOnly ? { kind: "none" } : { kind: "pictures", encoder: encoders.picture },
    model: {
      objects: 0,
      promptHidden: 64,
      attention: { enabled: false },
      mixup: { enabled: false },
    },
    training: {
      epochs: 18,
      batchSize: 16,
      learningRate: 1e-3,
      maxLength: 48,
      dropout: 0.1,
      seed: 1,
      threads: 2,
    },
  };
}

function entityConfig(files: WorldFiles, encoders: Encoders): ConfigInput {
  const relations = relationConfig("text and picture", files, encoders);
  return {
    ...relations,
    task: "mner",
    data: { train: files.train, validation: files.validation, pictures: files.pictures },
    model: { ...relations.model, tagging: { emissionWidth: 32 } },
    training: { ...relations.training, epochs: 4, taggerLearningRate: 1e-2 },
  };
}

async function score(
  name: QuickstartModel["name"],
  modelFolder: string,
  files: WorldFiles,
  { signal, onPreparation }: QuickstartOptions,
): Promise<QuickstartModel> {
  const shared = {
    model: modelFolder,
    format: "relata",
    ...(name === "text only" ? {} : { pictures: files.pictures }),
    ...(signal === undefined ? {} : { signal }),
    ...(onPreparation === undefined ? {} : { onPreparation }),
  };
  const all = await evaluateRelations({ ...shared, data: files.validation });
  const open = await evaluateRelations({ ...shared, data: files.needsPicture.validation });
  return {
    name,
    modelFolder,
    accuracy: all.metrics.accuracy,
    microF1: all.metrics.micro.f1,
    needsPictureAccuracy: open.metrics.accuracy,
  };
}

async function readExample(post: WorldPost, bundle: string, files: WorldFiles) {
  await using extractor = await load(bundle);
  const picture = join(files.pictures, `${post.id}.png`);
  const { text, head, tail } = post;
  return {
    text,
    picture,
    head: text.slice(head.start, head.end),
    tail: text.slice(tail.start, tail.end),
    gold: post.label,
    found: await extractor.extract({ text, image: picture }),
  };
}
