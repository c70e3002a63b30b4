// Everything that training on a world needs in addition to its documents: two small encoders, a detector,
// configurations for both methods and synthesis plans, all short and ready to run.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigInput } from "../config/schema.ts";
import { drawWorld, type WorldOptions } from "./generate.ts";
import { writeObjectDetector } from "./object-detector.ts";
import { writeTinyBert, writeTinyResnet } from "./tiny-encoders.ts";
import { worldVocabulary } from "./vocabulary.ts";

/** Sizes of a model that suits encoders this small; the published ones suit RoBERTa and a ResNet-50. */
export const WORLD_MODEL = {
  objects: 0,
  promptHidden: 64,
  attention: { ffn: 128 },
  fusion: { width: 64, heads: 4 },
} as const;

/** Randomly initialised encoders need larger steps than pretrained ones. */
export const WORLD_TRAINING = {
  batchSize: 16,
  learningRate: 1e-3,
  maxLength: 64,
  maxGradientNorm: 1,
  dropout: 0.1,
  earlyStopping: { enabled: false }, // runs of the same length are compared
  threads: 1, // a second one gains little with matrices this small, and has to wait on a busy machine
} as const;

const EPOCHS = 15;
const VIEWS = {
  rounds: 2,
  views: 4,
  selection: { method: "teacher", share: 0.5, folds: 4, epochs: 10 },
} as const;
/** One more round than students use, to show drift; closed chains, to measure similarity. */
const CHAINS = { rounds: 3, chains: 4, closing: true, seed: 1 } as const;

/** Paths of the written files. */
export interface TrainingFiles {
  readonly textEncoder: string;
  readonly pictureEncoder: string;
  /** Description of a detector for the pictures (object-detector.ts); no configuration names it. */
  readonly detector: string;
  /** Configuration of I2SRM. */
  readonly i2srm: string;
  /** Configuration of MI2RAGE's student and plan of its views, by real modality. */
  readonly mi2rage: Readonly<Record<Direction, { readonly config: string; readonly plan: string }>>;
}

type Direction = "text" | "picture";
const DIRECTIONS = ["text", "picture"] as const;

/**
 * Writes these files into the folder of a written world; `options` are those of the world. The same options
 * write the same bytes.
 */
export async function writeTrainingFiles(folder: string, options: WorldOptions): Promise<TrainingFiles> {
  const at = (name: string) => join(folder, name);
  const files: TrainingFiles = {
    textEncoder: at("text-encoder"),
    pictureEncoder: at("picture-encoder"),
    detector: at("object-detector/detector.json"),
    i2srm: at("i2srm.json"),
    mi2rage: {
      text: { config: at("mi2rage-text.json"), plan: at("plan-text.json") },
      picture: { config: at("mi2rage-picture.json"), plan: at("plan-picture.json") },
    },
  };
  const world = drawWorld(options);
  await mkdir(folder, { recursive: true });
  await writeTinyBert(files.textEncoder, worldVocabulary(world), world.seed);
  await writeTinyResnet(files.pictureEncoder, world.seed);
  await writeObjectDetector(at("object-detector"));
  await writeJson(files.i2srm, BASE);
  for (const direction of DIRECTIONS) {
    const { config, plan } = files.mi2rage[direction];
    await writeJson(config, studentConfig(direction));
    await writeJson(plan, planFor(direction));
  }
  return files;
}

/** Paths are relative to the file that holds them. */
const BASE = {
  encoder: "./text-encoder",
  data: {
    train: "train.jsonl",
    validation: "validation.jsonl",
    pictures: "pictures",
    relations: "relations.json",
  },
  visual: { kind: "pictures", encoder: "./picture-encoder" },
  model: WORLD_MODEL,
  training: { ...WORLD_TRAINING, epochs: EPOCHS },
  cache: "cache",
} as const satisfies ConfigInput;

function studentConfig(real: Direction): ConfigInput {
  return { ...BASE, method: "mi2rage", synthesis: { store: `views-${real}`, real, ...VIEWS } };
}

function planFor(direction: Direction): unknown {
  const simulator = { adapter: "simulator", world: "." };
  return {
    data: { path: "train.jsonl", ...(direction === "picture" ? { pictures: "pictures" } : {}) },
    direction,
    ...CHAINS,
    textToImage: simulator,
    imageToText: simulator,
  };
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
