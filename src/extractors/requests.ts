import type { ErrorCode } from "../base/codes/error-code.ts";
import type { PreparationProgress } from "../base/progress.ts";
import type { NegativesSetting } from "../config/negatives.ts";
import type { Config } from "../config/schema.ts";
import type { Span } from "../data/document.ts";
import type { ReadReport } from "../data/report.ts";
import type { SplitOverlap } from "../data/splits.ts";
import type { Plugin } from "../engine/plugin-provider.ts";
import type { Precision } from "../engine/prediction.ts";
import type { EntityMetrics } from "../evaluation/entity-metrics.ts";
import type { RelationMetrics } from "../evaluation/relation-metrics.ts";
import type { ExtensionsInput } from "../extensions/load-extensions.ts";
import type { TrainingEvent, TrainingStatus } from "../training/progress.ts";
import type { CaptionAccount, CropAccount, VisualChannelName } from "../visual/visual-channel.ts";
import type { PairAccount } from "./pairs/pair-set.ts";
import type { Calibration } from "./shared/calibration.ts";
import type { VerifyOptions } from "./shared/verify-model.ts";

/** What was read and what could not be used; nothing is left out without a count here. */
export interface DataAccount {
  readonly documents: ReadReport;
  /** Pairs of mentions with a label: what is trained on or scored. */
  readonly examples: number;
  /** Examples whose text was cut to `training.maxLength`. */
  readonly truncated: number;
  /** Examples without a usable picture or caption (none named, no file, empty, broken); 0 for text only. */
  readonly withoutVisual: number;
  /** Picture files that are there and cannot be used, each with the code of what is wrong. */
  readonly brokenPictures: readonly {
    readonly image: string;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  /** Where captions stand for the pictures: the rows of their file, and how many captions were cut to what the encoder takes. */
  readonly captions?: CaptionAccount | undefined;
  /** What a detector found in the pictures; absent without one. */
  readonly crops?: CropAccount | undefined;
  /** Entities that no tag sequence can say: they overlap a longer one, or hold no token. Absent for relations. */
  readonly untaggableEntities?: number;
  /** Which pairs that nobody annotated became "None", of relations. */
  readonly pairs?: PairAccount;
  /** Examples left out because the model does not know their relation, by label. */
  readonly unknownRelations: Readonly<Record<string, number>>;
}

/** What generated views a set of examples has. */
export interface ViewAccount {
  readonly store: string;
  readonly accepted: number;
  /** By reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Accepted views of instances that are not documents of this set. */
  readonly ofOtherDocuments: number;
  /** Accepted pictures that cannot be decoded. */
  readonly undecodable: number;
  readonly examplesWithoutViews: number;
}

/** Generated views beside the real ones at prediction. */
export interface PredictionViews {
  /** Store of views of the documents that are read. */
  readonly store: string;
  /** Views per example at most (N), drawn from the accepted ones; absent: all. */
  readonly count?: number | undefined;
  /** "fusion": attention over all views. "average": the mean of the probabilities with each view alone (test-time averaging). Default "fusion". */
  readonly aggregate?: "fusion" | "average" | undefined;
}

/** What is trained into which folder, by a configuration that was parsed. */
export interface TrainRequest {
  readonly config: Config;
  readonly runFolder: string;
  /** Resumes from the newest checkpoint of the run folder. */
  readonly resume?: boolean | undefined;
  /** Extensions beside those that the configuration names by their modules. */
  readonly extensions?: ExtensionsInput | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  /** Called once, before the first step: what will be trained on and scored. */
  readonly onData?: ((data: TrainingData) => void) | undefined;
  readonly onProgress?: ((event: TrainingEvent) => void) | undefined;
}

/** What a run works with. */
export interface TrainingData {
  readonly visualChannel: VisualChannelName;
  readonly train: DataAccount;
  readonly validation: DataAccount;
  /** What the two splits share. */
  readonly overlap: readonly SplitOverlap[];
  /** What else should be known of the data before a score is believed. */
  readonly notes: readonly string[];
}

/** What a training run came to. */
export interface TrainSummary {
  readonly status: TrainingStatus;
  readonly runFolder: string;
  readonly visualChannel: VisualChannelName;
  /** Folder of the best weights by `training.metric`, or of the last ones where nothing was evaluated; absent where a run was stopped before. */
  readonly modelFolder?: string;
  readonly steps: number;
  readonly best:
    | { readonly step: number; readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }
    | undefined;
  /** How far the probabilities can be trusted; absent for a run that was interrupted or never evaluated. */
  readonly calibration?: Calibration | undefined;
  readonly data: { readonly train: DataAccount; readonly validation: DataAccount };
}

/** Which model is scored on which documents, and how. Paths are relative to the working folder. */
export interface EvaluateRequest extends VerifyOptions {
  /** Folder that a training run wrote. */
  readonly model: string;
  /** File of documents with labels. */
  readonly data: string;
  /** Format of the documents (docs/data.md lists them); default "relata". */
  readonly format?: string | undefined;
  /** A reader of the format, and what else the model needs that is not relata's own. */
  readonly extensions?: ExtensionsInput | undefined;
  /** How orphan I- tags of a CoNLL file are read. */
  readonly bio?: Config["data"]["bio"] | undefined;
  /** What a CoNLL file's picture ids lack to be file names. */
  readonly imageExtension?: string | undefined;
  /** Decode well-formed tag sequences only; as the model was trained when absent. For entities. */
  readonly constrained?: boolean | undefined;
  /** File to write the documents to with what the model says in place of the gold labels, with probabilities (JSONL). */
  readonly predictions?: string | undefined;
  /** Folder of pictures; needed by a model with pictures. */
  readonly pictures?: string | undefined;
  /** Safetensors file of features; by default the one the model was trained with. */
  readonly features?: string | undefined;
  /** Caption file; needed by a model with captions. */
  readonly captions?: string | undefined;
  /** Generated views that a student of MI2RAGE looks at beside the documents' own. */
  readonly views?: PredictionViews | undefined;
  /** The documents' own name for "None"; by default that of the training documents. A label of the model that is called so is "None" too. */
  readonly noneLabel?: string | undefined;
  /** Which unannotated pairs are scored as "None"; by default those that the model was taught, all of them where a ratio was drawn. */
  readonly negatives?: NegativesSetting | undefined;
  /** Whether labels that never joined two types in training are not answers between them, as in extraction; default true. */
  readonly typeConstraints?: boolean | undefined;
  /** What happens to a relation that the model was not trained with; `refuse` throws. */
  readonly unknownRelations?: "refuse" | "leave-out" | "as-none" | undefined;
  readonly device?: Config["training"]["device"] | undefined;
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  /** Plugin execution providers, best first. */
  readonly plugins?: readonly Plugin[] | undefined;
  readonly precision?: Precision | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
}

/** Scores of a model of relations, and what was scored. */
export interface RelationEvaluationSummary {
  readonly task: "mre";
  readonly visualChannel: VisualChannelName;
  readonly metrics: RelationMetrics;
  readonly data: DataAccount;
  /** What should be known before a score is believed. */
  readonly notes: readonly string[];
  /** Generated views that were looked at; absent without. */
  readonly views?: ViewAccount & { readonly perExample: number };
}

/** Scores of a model of entities, and what was scored. */
export interface EntityEvaluationSummary {
  readonly task: "mner";
  readonly visualChannel: VisualChannelName;
  /** Whether decoding was held to well-formed tag sequences. */
  readonly constrained: boolean;
  /** Texts that were longer than the model reads at once, scored whole. */
  readonly windowed: number;
  readonly metrics: EntityMetrics;
  readonly data: DataAccount;
  /** What should be known before a score is believed. */
  readonly notes: readonly string[];
}

/** Scores of a model of either task; `task` tells them apart. */
export type EvaluationSummary = RelationEvaluationSummary | EntityEvaluationSummary;

/** Where a loaded model runs, and how precisely. */
export interface ExtractorOptions extends VerifyOptions {
  /** What the model needs that is not relata's own. */
  readonly extensions?: ExtensionsInput | undefined;
  readonly device?: Config["training"]["device"] | undefined;
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  /** Plugin execution providers, best first. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** "int8" predicts faster, with large layers in eight bits; default "fp32". */
  readonly precision?: Precision | undefined;
  /** Stops the loading before its next part; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A text with the two mentions whose relation is asked for. */
export interface ExtractRequest {
  readonly text: string;
  readonly head: Span;
  readonly tail: Span;
  /** Path of a picture file. */
  readonly image?: string | undefined;
  readonly caption?: string | undefined;
}

/** The answer to one pair of mentions; probabilities are in [0, 1] and sum to 1 over the labels. */
export interface ExtractedRelation {
  readonly label: string;
  readonly probability: number;
  /** Every label with its probability, the most probable first. */
  readonly probabilities: readonly { readonly label: string; readonly probability: number }[];
  /** Whether the probabilities were calibrated on validation data. */
  readonly calibrated: boolean;
  /** What the model was trained with. */
  readonly visualChannel: VisualChannelName;
  /** What this request showed to it. */
  readonly visual: "picture" | "caption" | "none";
  readonly truncated: boolean;
}
