// Chooses the settings of a first run from what the data holds and what the machine can do. Each choice comes with its reason.

import { counted } from "../base/counted.ts";
import { someOf } from "../base/some-of.ts";
import type { DataFacts, LabelCount } from "./data-facts.ts";

/** What the user gave, or was asked for. */
export interface Wishes {
  readonly task?: Task | undefined;
  /** A folder or a hub id. */
  readonly encoder: string;
  readonly pictures?: string | undefined;
  readonly pictureEncoder?: string | undefined;
  readonly captions?: string | undefined;
}

export type Task = "both" | "mner" | "mre" | "classification";

/** What is known of the text encoder; undefined limits for one that is not on this machine. */
export interface EncoderFacts {
  /** Tokens that surround every text. */
  readonly specialTokens: number;
  /** The most tokens that it reads. */
  readonly longestInput: number;
  /** Whether it can read all pairs of a text in one sequence (`model.relation.pairs: "packed"`). */
  readonly readsPackedPairs: boolean;
  /** The most documents of that many tokens that a training step has memory for. */
  documentsThatFit(tokens: number): number;
}

/** One field of the configuration, with the reason for its value. */
export interface Setting {
  /** For instance `training.maxLength`. */
  readonly field: string;
  readonly value: string | number | boolean | readonly string[];
  readonly reason: string;
}

export interface ChosenSettings {
  readonly task: Task;
  readonly settings: readonly Setting[];
  /** What the user should know before training, one sentence each. */
  readonly warnings: readonly string[];
}

/** Documents per step by default (`training.batchSize`). */
const BATCH = 8;
/** Tokens of the four markers around two mentions. */
const MARKER_TOKENS = 4;
/** Pairs per text from which reading each text once for all of them saves most of the time; with two it saves half. */
const PACKED_PAIRS = 4;
/** Pairs in a step of such a training: twice the documents of a step that reads pairs one by one. */
const PAIRS_PER_STEP = 16;
/** The share of texts that must fit uncut. */
const UNCUT = 0.995;
/** Documents and examples per label below which a score says little. */
const FEW = { train: 100, validation: 30, perLabel: 10 } as const;
/** Labels named in a warning. */
const LABELS_NAMED = 12;
/** The share of the validation documents' labels that training must know; with fewer, the files are labelled in different ways. */
const KNOWN_SHARE = 0.5;

/** Chooses the settings. */
export function chooseSettings(
  wishes: Wishes,
  train: DataFacts,
  validation: DataFacts,
  encoder: EncoderFacts | undefined,
): ChosenSettings {
  const task = wishes.task ?? taskOf(train);
  const length = encoder && maxLengthFor(task, train, encoder);
  const batch = encoder && length ? batchSettings(Number(length.value), encoder) : [];
  return {
    task,
    settings: [
      { field: "task", value: task, reason: TASK_REASONS[task] },
      {
        field: "encoder",
        value: wishes.encoder,
        reason: "text encoder: a folder, or the id of one on the hub",
      },
      { field: "data.train", value: train.path, reason: contentsOf(train) },
      {
        field: "data.validation",
        value: validation.path,
        reason: `${contentsOf(validation)}; it chooses the best epoch`,
      },
      ...labelSettings(task, train, validation),
      ...visualSettings(wishes),
      ...(length === undefined ? [] : [length]),
      ...batch,
      ...(encoder && batch.length === 0 ? pairSettings(task, wishes, train, encoder) : []),
    ],
    warnings: [
      ...warningsOf(task, train, validation),
      ...(encoder
        ? []
        : [`The encoder ${wishes.encoder} is not on this machine: lengths and memory were not checked.`]),
    ],
  };
}

const TASK_REASONS: Readonly<Record<Task, string>> = {
  both: "entities, and the relations between them, into one bundle",
  mner: "entities only: the data holds no relations",
  mre: "relations between given mentions only",
  classification: "the category of each document: the data holds no entities",
};

/** What is annotated: categories only where nothing else is; MNRE's kind of data marks only the pair that it asks about. */
function taskOf({ entities, relations, categories, pairsOnly }: DataFacts): Task {
  if (entities.length === 0 && relations.length === 0 && categories.length > 0) return "classification";
  if (relations.length === 0) return "mner";
  return pairsOnly || entities.length === 0 ? "mre" : "both";
}

/** Entities and relations of a file in words. */
function contentsOf({ documents, entities, relations, categories, images }: DataFacts): string {
  const parts = [counted(documents, "document")];
  if (entities.length > 0)
    parts.push(`${counted(totalOf(entities), "entity", "entities")} of ${counted(entities.length, "label")}`);
  if (relations.length > 0)
    parts.push(`${counted(totalOf(relations), "relation")} of ${counted(relations.length, "label")}`);
  if (categories.length > 0) parts.push(counted(categories.length, "category", "categories"));
  if (images.length > 0) parts.push(counted(images.length, "picture"));
  return parts.join(", ");
}

function maxLengthFor(task: Task, train: DataFacts, encoder: EncoderFacts): Setting {
  const added = encoder.specialTokens + (task === "mre" || task === "both" ? MARKER_TOKENS : 0);
  const { lengths } = train;
  const longest = (lengths.at(-1) ?? 0) + added;
  const usual = (lengths[Math.ceil(UNCUT * lengths.length) - 1] ?? 0) + added;
  const value = Math.min(encoder.longestInput, Math.max(16, 8 * Math.ceil(usual / 8)));
  const cut = lengths.filter((length) => length + added > value).length;
  const fate = cut === 0 ? "none is cut" : `${counted(cut, "text")} of ${lengths.length} will be cut`;
  return {
    field: "training.maxLength",
    value,
    reason: `tokens per text; the longest has ${longest}: ${fate}`,
  };
}

function batchSettings(tokens: number, encoder: EncoderFacts): Setting[] {
  const fits = Math.max(1, encoder.documentsThatFit(tokens));
  if (fits >= BATCH) return [];
  const accumulation = Math.ceil(BATCH / fits);
  return [
    { field: "training.batchSize", value: fits, reason: "documents at once: more would not fit into memory" },
    {
      field: "training.accumulation",
      value: accumulation,
      reason: `batches per step, so that a step still sees about ${BATCH} documents`,
    },
  ];
}

/** Reads a text once for all its pairs where there are many. Measured on texts alone. */
function pairSettings(
  task: Task,
  { pictureEncoder, captions }: Wishes,
  { pairsPerText }: DataFacts,
  { readsPackedPairs }: EncoderFacts,
): Setting[] {
  const isTextAlone = pictureEncoder === undefined && captions === undefined;
  const asksPairs = task === "both" || task === "mre";
  if (!asksPairs || !isTextAlone || !readsPackedPairs || pairsPerText < PACKED_PAIRS) return [];
  const texts = Math.max(1, Math.round(PAIRS_PER_STEP / pairsPerText));
  return [
    {
      field: "model.relation.pairs",
      value: "packed",
      reason: `a text is read once for all its pairs (${pairsPerText.toFixed(1)} on average), not once for each`,
    },
    {
      field: task === "both" ? "relations.training.batchSize" : "training.batchSize",
      value: texts,
      reason: `texts per step, which have about ${counted(Math.round(texts * pairsPerText), "pair")}`,
    },
  ];
}

function visualSettings({ pictures, pictureEncoder, captions }: Wishes): Setting[] {
  if (captions !== undefined) {
    return [
      { field: "visual.kind", value: "captions", reason: "captions take the place of the pictures" },
      { field: "data.captions.train", value: captions, reason: "lines of { image, caption }" },
      { field: "data.captions.validation", value: captions, reason: "the same file" },
    ];
  }
  if (pictures !== undefined && pictureEncoder !== undefined) {
    return [
      { field: "visual.kind", value: "pictures", reason: "features of the pictures" },
      {
        field: "visual.encoder",
        value: pictureEncoder,
        reason: "picture encoder: a folder, or the id of one on the hub",
      },
      { field: "data.pictures", value: pictures, reason: "the folder of the pictures" },
    ];
  }
  const reason =
    pictures === undefined
      ? "text alone"
      : 'text alone first; to use the pictures, set "pictures" here, visual.encoder and data.pictures';
  return [
    { field: "visual.kind", value: "none", reason },
    {
      field: "model.attention.enabled",
      value: false,
      reason: "without pictures, attention to the other texts of a batch did not help",
    },
    { field: "model.mixup.enabled", value: false, reason: "nor did mixing them" },
  ];
}

function warningsOf(task: Task, train: DataFacts, validation: DataFacts): string[] {
  const warnings: string[] = [];
  if (train.documents < FEW.train) {
    warnings.push(
      `Only ${counted(train.documents, "training document")}: expect a low score, and annotate more before you compare settings.`,
    );
  }
  if (validation.documents < FEW.validation) {
    warnings.push(
      `Only ${counted(validation.documents, "validation document")}: the score will be imprecise.`,
    );
  }
  for (const kind of LABELS_OF[task]) {
    const rare = train[kind].filter(([, count]) => count < FEW.perLabel);
    if (rare.length > 0) {
      const names = rare.map(([label, count]) => `${label} (${count})`);
      warnings.push(`Rarely seen in training, so hardly learned: ${someOf(names, LABELS_NAMED)}.`);
    }
    const unseen = unseenIn(train[kind], validation[kind]);
    if (unseen.length > 0) {
      const fate = isLabelledAlike(train[kind], validation[kind])
        ? `${counted(totalOf(unseen), "case")} that no model can learn here, counted as missed`
        : "training refuses them; check that both files are labelled alike";
      warnings.push(
        `In the validation documents only: ${someOf(
          unseen.map(([label]) => label),
          LABELS_NAMED,
        )} (${fate}).`,
      );
    }
  }
  return warnings;
}

/** The labels that a task learns. */
const LABELS_OF: Readonly<Record<Task, readonly ("entities" | "relations" | "categories")[]>> = {
  both: ["entities", "relations"],
  mner: ["entities"],
  mre: ["relations"],
  classification: ["categories"],
};
const LABEL_FIELDS = {
  entities: "data.entityTypes",
  relations: "data.relations",
  categories: "data.categories",
} as const;

/** Names the labels where the validation documents have more of them than training has, which would otherwise be refused. */
function labelSettings(task: Task, train: DataFacts, validation: DataFacts): Setting[] {
  return LABELS_OF[task].flatMap((kind): Setting[] => {
    const unseen = unseenIn(train[kind], validation[kind]);
    if (unseen.length === 0 || !isLabelledAlike(train[kind], validation[kind])) return [];
    return [
      {
        field: LABEL_FIELDS[kind],
        value: [...train[kind], ...unseen].map(([label]) => label).sort(),
        reason: `all labels: ${counted(unseen.length, "of them is", "of them are")} in the validation documents only`,
      },
    ];
  });
}

function unseenIn(train: readonly LabelCount[], validation: readonly LabelCount[]): readonly LabelCount[] {
  const known = new Set(train.map(([label]) => label));
  return validation.filter(([label]) => !known.has(label));
}

function isLabelledAlike(train: readonly LabelCount[], validation: readonly LabelCount[]): boolean {
  return totalOf(unseenIn(train, validation)) <= KNOWN_SHARE * totalOf(validation);
}

function totalOf(labels: readonly LabelCount[]): number {
  return labels.reduce((sum, [, count]) => sum + count, 0);
}
