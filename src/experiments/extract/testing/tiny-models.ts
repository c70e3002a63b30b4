// Small trained models for tests: an entity and a relation model over the tiny corpus, with pictures, captions or texts alone.
import { join } from "node:path";
import { parseConfig } from "../../config/parse.ts";
import type { ConfigInput } from "../../config/schema.ts";
import { trainExtractor } from "../../relation-runs.ts";
import { generateTinyCorpus, type TinyCorpus } from "../../tiny-corpus/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../tiny-corpus/tiny-encoders.ts";
import { wordPieceVocabulary } from "../../tiny-corpus/vocabulary.ts";
import { type TinyCorpusFiles, writeTinyCorpus } from "../../tiny-corpus/write.ts";

/** The corpus, its files and the frozen encoders, below one folder. */
export interface TinyWorld {
  readonly folder: string;
  readonly corpus: TinyCorpus;
  readonly files: TinyCorpusFiles;
}

type Channel = "none" | "pictures" | "captions";

/** Writes corpus and encoders. */
export async function tinyWorld(folder: string): Promise<TinyWorld> {
  const corpus = generateTinyCorpus({ train: 64, validation: 32 });
  const files = await writeTinyCorpus(corpus, folder);
  const vocabulary = wordPieceVocabulary(corpus.train.posts.map((post) => post.text));
  await writeTinyBert(join(folder, "bert"), vocabulary, 1);
  await writeTinyResnet(join(folder, "resnet"), 1);
  return { folder, corpus, files };
}

/** Trains a model of a task; its folder. */
export async function tinyModel(
  { folder, files }: TinyWorld,
  task: "mner" | "mre",
  channel: Channel,
  maxLength = 48,
): Promise<string> {
  const config: ConfigInput = {
    task,
    encoder: join(folder, "bert"),
    data: {
      train: files.train,
      validation: files.validation,
      pictures: files.pictures,
      captions: files.captions,
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
    },
  };
  const runFolder = join(folder, `${task}-${channel}-${maxLength}`);
  const { modelFolder } = await trainExtractor({ config: parseConfig(config, "test"), runFolder });
  return modelFolder;
}
