// The first run without any data: makes the tiny corpus and tiny encoders, trains on texts alone and on texts with pictures, scores both.
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import type { TrainingEvent } from "../training/index.ts";
import { parseConfig } from "./config/parse.ts";
import type { Config, ConfigInput } from "./config/schema.ts";
import {
  type ExtractedRelation,
  evaluateRelations,
  openExtractor,
  type PreparationProgress,
  trainRelations,
} from "./relation-runs.ts";
import { generateTinyCorpus, type SplitTruth, type TinyPost } from "./tiny-corpus/generate.ts";
import { writeTinyBert, writeTinyResnet } from "./tiny-corpus/tiny-encoders.ts";
import { wordPieceVocabulary } from "./tiny-corpus/vocabulary.ts";
import { type TinyCorpusFiles, writeTinyCorpus } from "./tiny-corpus/write.ts";

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
  readonly corpus: TinyCorpusFiles;
  readonly train: SplitTruth;
  readonly validation: SplitTruth;
  readonly models: readonly QuickstartModel[];
  /** One post that needs its picture, as the model with pictures reads it. */
  readonly example: {
    readonly text: string;
    readonly head: string;
    readonly tail: string;
    readonly picture: string;
    readonly gold: string;
    readonly predicted: ExtractedRelation;
  };
}

const DEFAULT_SEED = 7;

/** Runs the quickstart. @throws DataError `quickstart/folder-in-use` for a folder that holds something else. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { folder, seed = DEFAULT_SEED, signal, onStage } = options;
  const corpusFolder = join(folder, "corpus");
  await clear(folder, join(corpusFolder, "truth.json"));
  const corpus = generateTinyCorpus({ seed });
  onStage?.(`making ${corpus.train.posts.length + corpus.validation.posts.length} posts with pictures`);
  const files = await writeTinyCorpus(corpus, corpusFolder);
  const encoders = { text: join(folder, "tiny-bert"), picture: join(folder, "tiny-resnet") };
  await writeTinyBert(encoders.text, wordPieceVocabulary(corpus.train.posts.map((post) => post.text)), seed);
  await writeTinyResnet(encoders.picture, seed);

  const models: QuickstartModel[] = [];
  for (const name of ["text only", "text and picture"] as const) {
    signal?.throwIfAborted();
    onStage?.(`training on ${name === "text only" ? "texts alone" : "texts and pictures"}`);
    const config = configOf(name, files, encoders);
    const run = await trainRelations({
      ...options,
      config,
      runFolder: join(folder, name.replaceAll(" ", "-")),
    });
    signal?.throwIfAborted();
    models.push(await score(name, run.modelFolder, files, options));
  }
  const example = corpus.validation.posts.find((post) => post.needsPicture && post.label !== "None");
  const withPictures = models.at(-1);
  if (example === undefined || withPictures === undefined)
    throw new Error("quickstart: the corpus has no example");
  return {
    corpus: files,
    train: corpus.train.truth,
    validation: corpus.validation.truth,
    models,
    example: await readExample(example, withPictures.modelFolder, files),
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

/** Settings for encoders that start from random weights: larger steps and narrower parts than the published ones. */
function configOf(
  name: QuickstartModel["name"],
  files: TinyCorpusFiles,
  encoders: { readonly text: string; readonly picture: string },
): Config {
  const textOnly = name === "text only";
  const input: ConfigInput = {
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
  return parseConfig(input, "quickstart");
}

async function score(
  name: QuickstartModel["name"],
  modelFolder: string,
  files: TinyCorpusFiles,
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
  const open = await evaluateRelations({ ...shared, data: files.needsPicture });
  return {
    name,
    modelFolder,
    accuracy: all.metrics.accuracy,
    microF1: all.metrics.micro.f1,
    needsPictureAccuracy: open.metrics.accuracy,
  };
}

async function readExample(post: TinyPost, modelFolder: string, files: TinyCorpusFiles) {
  const extractor = await openExtractor(modelFolder);
  try {
    const picture = join(files.pictures, `${post.id}.png`);
    const { text, head, tail } = post;
    const predicted = await extractor.extract({ text, head, tail, image: picture });
    return {
      text,
      head: text.slice(head.start, head.end),
      tail: text.slice(tail.start, tail.end),
      picture,
      gold: post.label,
      predicted,
    };
  } finally {
    await extractor.dispose();
  }
}
