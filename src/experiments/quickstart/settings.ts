// The quickstart's training settings: encoders with random initial weights need larger steps and narrower parts
// than the published ones.
import { join } from "node:path";
import type { ConfigInput } from "../../config/schema.ts";
import { WORLD_MODEL, WORLD_TRAINING } from "../../world/training-files.ts";
import type { WorldFiles } from "../../world/write.ts";

/** The amount of work in a quickstart. */
export interface Effort {
  /** Posts per split. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly epochs: number;
  readonly entityEpochs: number;
  /** Pictures made for each training text: chains, and pictures per chain. */
  readonly generated: { readonly chains: number; readonly rounds: number };
  /** Present: the comparison includes training on generated pictures. */
  readonly selection?: SelectionEffort;
}

/** The amount of work to select generated pictures. */
export interface SelectionEffort {
  /** Teachers; each scores the posts that it was not trained on. */
  readonly folds: number;
  readonly teacherEpochs: number;
}

/** Texts alone against texts with pictures: below a minute on two cores. */
export const SHORT_EFFORT: Effort = {
  train: 1000,
  validation: 240,
  test: 400,
  epochs: 12,
  entityEpochs: 12,
  generated: { chains: 1, rounds: 1 },
};
/** The same, and training on generated pictures: two minutes on two cores. */
export const FULL_EFFORT: Effort = {
  ...SHORT_EFFORT,
  generated: { chains: 3, rounds: 2 },
  selection: { folds: 5, teacherEpochs: 6 },
};

/** Share of each post's generated pictures that the teachers keep. */
export const KEPT_SHARE = 0.5;
const VIEWS_PER_STEP = 3;
/** Larger than elsewhere in this world, because there are few epochs. */
const LEARNING_RATE = 2e-3;

/** Paths in the quickstart's folder. */
export function layoutOf(folder: string) {
  return {
    corpus: join(folder, "corpus"),
    textEncoder: join(folder, "tiny-bert"),
    pictureEncoder: join(folder, "tiny-resnet"),
    /** Cache of the frozen picture encoder, for all runs. */
    cache: join(folder, "cache"),
    views: join(folder, "generated-pictures"),
    /** Scores of MI2RAGE's own teachers. */
    teachers: join(folder, "mi2rage", "teachers"),
    bundle: join(folder, "bundle"),
    report: join(folder, "report.html"),
    /** The result as JSON. */
    record: join(folder, "quickstart.json"),
    run: (name: RunName) => join(folder, name),
  };
}
export type Layout = ReturnType<typeof layoutOf>;

/** The compared runs, in the order of the table; the last two only with generated pictures. */
const COMPARED = ["text-only", "i2srm", "mi2rage", "real-pairs"] as const;
export type ComparedRun = (typeof COMPARED)[number];

/** The compared runs of this much work. */
export function comparedIn({ selection }: Effort): readonly ComparedRun[] {
  return selection === undefined ? COMPARED.slice(0, 2) : COMPARED;
}

export type RunName = ComparedRun | "entities";

/** Describes a run in words, for a table. */
export const RUN_TITLES: Readonly<Record<ComparedRun, string>> = {
  "text-only": "texts alone",
  i2srm: "texts with pictures (I2SRM)",
  mi2rage: "texts with generated pictures (MI2RAGE)",
  "real-pairs": "MI2RAGE's model, real pictures",
};

/** The common settings of all quickstart runs. */
export interface Setting {
  readonly files: WorldFiles;
  readonly layout: Layout;
  readonly effort: Effort;
  readonly seed: number;
}

/** Returns the configuration of a run, in the form that a user writes. */
export function configOf(name: RunName, setting: Setting): ConfigInput {
  const { files, layout, effort } = setting;
  const base = baseConfig(setting);
  const { pictures: _, ...texts } = base.data;
  switch (name) {
    case "text-only":
      return {
        ...base,
        data: texts,
        visual: { kind: "none" },
        model: { ...base.model, attention: { enabled: false }, mixup: { enabled: false } },
      };
    case "i2srm":
      return base;
    case "mi2rage":
      return {
        ...base,
        method: "mi2rage",
        synthesis: {
          store: layout.views,
          real: "text",
          views: VIEWS_PER_STEP,
          selection: {
            method: "teacher",
            share: KEPT_SHARE,
            folds: selectionIn(effort).folds,
            epochs: selectionIn(effort).teacherEpochs,
          },
        },
      };
    case "real-pairs":
      return { ...base, method: "mi2rage", synthesis: { real: "text", use: "real" } };
    case "entities":
      return {
        ...base,
        task: "mner",
        data: { train: files.train, validation: files.validation, pictures: files.pictures },
        model: {
          ...base.model,
          attention: { enabled: false },
          mixup: { enabled: false },
          tagging: { emissionWidth: 32 },
        },
        training: { ...base.training, epochs: effort.entityEpochs, taggerLearningRate: 1e-2 },
      };
    default:
      return name satisfies never;
  }
}

function baseConfig({ files, layout, effort, seed }: Setting) {
  return {
    encoder: layout.textEncoder,
    cache: layout.cache,
    data: {
      train: files.train,
      validation: files.validation,
      pictures: files.pictures,
      relations: files.relations,
    },
    visual: { kind: "pictures", encoder: layout.pictureEncoder },
    model: WORLD_MODEL,
    training: { ...WORLD_TRAINING, learningRate: LEARNING_RATE, epochs: effort.epochs, seed },
  } as const satisfies ConfigInput;
}

/** Returns the plan for the simulator's pictures for the training posts' texts. */
export function planOf({ files, effort, seed }: Setting): unknown {
  const simulator = { adapter: "simulator", world: files.folder };
  const { rounds, chains } = effort.generated;
  return {
    data: { path: files.train },
    direction: "text",
    rounds,
    chains,
    seed,
    textToImage: simulator,
    imageToText: simulator,
  };
}

function selectionIn({ selection }: Effort): SelectionEffort {
  if (selection === undefined) throw new Error("this quickstart does not train on generated pictures");
  return selection;
}
