// Small trained models for tests: one for each task over a world of persons, with pictures, captions or only texts.
import { join } from "node:path";
import { parseConfig } from "../../config/parse.ts";
import type { Config, ConfigInput } from "../../config/schema.ts";
import { trainExtractor } from "../../extractors/run.ts";
import { drawWorld, PERSONS_ALONE, type World } from "../../world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../world/tiny-encoders.ts";
import { worldVocabulary } from "../../world/vocabulary.ts";
import { type WorldFiles, writeWorld } from "../../world/write.ts";

/** The corpus, its files and the frozen encoders, below one folder. */
export interface TinyWorld {
  readonly folder: string;
  readonly corpus: World;
  readonly files: WorldFiles;
}

type Channel = "none" | "pictures" | "captions";

/** Writes corpus and encoders. */
export async function tinyWorld(folder: string): Promise<TinyWorld> {
  const options = { ...PERSONS_ALONE, train: 64, validation: 32, test: 1 };
  const corpus = drawWorld(options);
  const files = await writeWorld(folder, options);
  await writeTinyBert(join(folder, "bert"), worldVocabulary(corpus), 1);
  await writeTinyResnet(join(folder, "resnet"), 1);
  return { folder, corpus, files };
}

/** Trains a model for a task and returns its folder. */
export async function tinyModel(
  { folder, files }: TinyWorld,
  task: Config["task"],
  channel: Channel,
  maxLength = 48,
  training: ConfigInput["training"] = {},
): Promise<string> {
  const config: ConfigInput = {
    task,
    encoder: join(folder, "bert"),
    data: {
      train: files.train,
      validation: files.validation,
      pictures: files.pictures,
      captions: { train: files.captions.train, validation: files.captions.validation },
      relations: files.relations,
    },
    visual: {
      kind: channel,
      ...(channel === "pictures" ? { encoder: join(folder, "resnet") } : {}),
    },
    model: {
      objects: 0,
      promptHidden: 16,
      attention: { enabled: false },
      mixup: { enabled: false },
      tagging: { emissionWidth: 8 },
    },
    training: {
      epochs: task === "mner" ? 8 : 2,
      batchSize: 16,
      learningRate: 3e-3,
      ...(task === "mner" ? { taggerLearningRate: 0.01 } : {}),
      maxLength,
      threads: 1,
      ...training,
    },
  };
  const runFolder = join(folder, `${task}-${channel}-${maxLength}`);
  const { modelFolder } = await trainExtractor({ config: parseConfig(config, "test"), runFolder });
  if (modelFolder === undefined) throw new Error(`the run in ${runFolder} left no model`);
  return modelFolder;
}
