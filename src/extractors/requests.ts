import type { ErrorCode } from "../base/codes/error-code.ts";
import type { PreparationProgress } from "../base/progress.ts";
import type { NegativesSetting } from "../config/negatives.ts";
import type { Config } from "../config/schema.ts";
import type { Span } from "../data/document.ts";
import type { AnnotatorPolicy } from "../data/document-format.ts";
import type { OffsetUnit } from "../data/offset-units.ts";
import type { ReadReport } from "../data/report.ts";
import type { SplitOverlap } from "../data/split-comparison.ts";
import type { Plugin } from "../engine/plugin-provider.ts";
import type { Precision } from "../engine/prediction.ts";
import type { CategoryMetrics } from "../evaluation/category-metrics.ts";
import type { EntityMetrics } from "../evaluation/entity-metrics.ts";
import type { ScoreIntervals } from "../evaluation/extraction-intervals.ts";
import type { ModelGap } from "../evaluation/modality-gap.ts";
import type { RelationMetrics } from "../evaluation/relation-metrics.ts";
import type { Thresholds } from "../evaluation/thresholds.ts";
import type { ExtensionsInput } from "../extensions/load-extensions.ts";
import type { TrainingEvent, TrainingStatus } from "../training/progress.ts";
import type { CaptionAccount, CropAccount, VisualChannelName } from "../visual/visual-channel.ts";
import type { PairAccount } from "./pairs/pair-set.ts";
import type { Calibration } from "./shared/calibration.ts";
import type { ProviderAccount } from "./shared/provider-account.ts";
import type { SeenAccount } from "./shared/seen-documents.ts";
import type { VerifyOptions } from "./shared/verify-model.ts";

/** What was read and what could not be used; everything left out is counted here. */
export interface DataAccount {
  readonly documents: ReadReport;
  /** Pairs of mentions with a label, for training or scoring. */
  readonly examples: number;
  /** Examples whose text was cut to `training.maxLength`. */
  readonly truncated: number;
  /** Examples without a usable picture or caption (none named, no file, empty, broken); 0 for text-only models. */
  readonly withoutVisual: number;
  /** Picture files that exist but cannot be used, each with its error code. */
  readonly brokenPictures: readonly {
    readonly image: string;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  /** With captions in place of pictures: the rows of their file, and how many captions were cut to the encoder's limit. */
  readonly captions?: CaptionAccount | undefined;
  /** What a detector found in the pictures; absent without one. */
  readonly crops?: CropAccount | undefined;
  /** Entities that no tag sequence can express: they overlap a longer one, or contain no token. Absent for relations. */
  readonly untaggableEntities?: number;
  /** Documents without a category, which were left out; only for categories. */
  readonly unlabelled?: number;
  /** Which unannotated pairs became "None"; only for relations. */
  readonly pairs?: PairAccount;
  /** Examples left out because the model does not know their relation, by label. */
  readonly unknownRelations: Readonly<Record<string, number>>;
}

/** The generated views of a set of examples. */
export interface ViewAccount {
  readonly store: string;
  readonly accepted: number;
  /** Accepted views that `synthesis.asManyAsRounds` left out; absent without it. */
  readonly notDrawn?: number;
  /** By reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Accepted views of instances that are not documents of this set. */
  readonly ofOtherDocuments: number;
  /** Accepted pictures that cannot be decoded. */
  readonly undecodable: number;
  readonly examplesWithoutViews: number;
}

/** Generated views to add to the real ones at prediction. */
export interface PredictionViews {
  /** Store of views of the documents. */
  readonly store: string;
  /** Maximum views per example (N), drawn from the accepted ones; absent: all. */
  readonly count?: number | undefined;
  /** "fusion": attention over all views. "average": the mean of the probabilities with each single view (test-time averaging). Default "fusion". */
  readonly aggregate?: "fusion" | "average" | undefined;
}

/** What to train, and the run folder, from a parsed configuration. */
export interface TrainRequest {
  readonly config: Config;
  readonly runFolder: string;
  /** Resumes from the newest checkpoint of the run folder. */
  readonly resume?: boolean | undefined;
  /** Extensions in addition to those that the configuration names by module. */
  readonly extensions?: ExtensionsInput | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  /** Called once, before the first step, with the data for training and scoring. */
  readonly onData?: ((data: TrainingData) => void) | undefined;
  readonly onProgress?: ((event: TrainingEvent) => void) | undefined;
}

/** The parts of a run. */
export interface TrainingData {
  readonly visualChannel: VisualChannelName;
  readonly train: DataAccount;
  readonly validation: DataAccount;
  /** What the two splits share. */
  readonly overlap: readonly SplitOverlap[];
  /** What to know about the data before trusting a score. */
  readonly notes: readonly string[];
}

/** The result of a training run. */
export interface TrainSummary {
  readonly task: Config["task"];
  readonly status: TrainingStatus;
  readonly runFolder: string;
  readonly visualChannel: VisualChannelName;
  /** Folder of the best weights by `training.metric`, or the last ones if nothing was evaluated; absent if a run stopped earlier. */
  readonly modelFolder?: string;
  readonly steps: number;
  readonly best:
    | { readonly step: number; readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }
    | undefined;
  /** How reliable the probabilities are; absent for a run that was interrupted or never evaluated. */
  readonly calibration?: Calibration | undefined;
  /** From which probability each label is reported; absent unless `training.thresholds` asks for it. */
  readonly thresholds?: Thresholds | undefined;
  /** The plugin provider, and how many nodes of each graph it took; absent without one. */
  readonly provider?: ProviderAccount | undefined;
  readonly data: { readonly train: DataAccount; readonly validation: DataAccount };
}

/** Which model to score on which documents, and how. Paths are relative to the working folder. */
export interface EvaluateRequest extends VerifyOptions {
  /** Folder of a model, written by a training run, or of a bundle. */
  readonly model: string;
  /** File of documents with labels. */
  readonly data: string;
  /** Format of the documents (docs/data.md lists them); default: guessed from the content. */
  readonly format?: string | undefined;
  /** A reader of the format, and anything else the model needs from outside relata. */
  readonly extensions?: ExtensionsInput | undefined;
  /** How to read orphan I- tags of a CoNLL file. */
  readonly bio?: Config["data"]["bio"] | undefined;
  /** The file extension that a CoNLL file's picture ids lack. */
  readonly imageExtension?: string | undefined;
  /** What the offsets of the documents count, for formats that have any; default "utf-16". Those of `predictions` always count UTF-16 code units. */
  readonly offsets?: OffsetUnit | undefined;
  /** Whose annotations to read in an export of an annotation tool; default "first". */
  readonly annotators?: AnnotatorPolicy | undefined;
  /** The field with the text in such an export; default: found. */
  readonly textField?: string | undefined;
  /** The field with the picture in such an export; default: found. */
  readonly imageField?: string | undefined;
  /** Decode only well-formed tag sequences; default: as the model was trained. For entities. */
  readonly constrained?: boolean | undefined;
  /** JSONL file for the documents with the model's answers in place of the gold labels, with probabilities. */
  readonly predictions?: string | undefined;
  /** Folder of pictures, for a model with pictures. */
  readonly pictures?: string | undefined;
  /** Safetensors file of features; default: the file used in training. */
  readonly features?: string | undefined;
  /** Caption file, for a model with captions. */
  readonly captions?: string | undefined;
  /** Generated views for a student of MI2RAGE, in addition to the documents' own. */
  readonly views?: PredictionViews | undefined;
  /** The documents' own name for "None"; default: that of the training documents. A model label with this name is "None" too. */
  readonly noneLabel?: string | undefined;
  /** Which unannotated pairs to score as "None"; default: those that the model was taught, or all of them if a ratio was drawn. */
  readonly negatives?: NegativesSetting | undefined;
  /** Whether to rule out labels that never joined two types in training, as in extraction; default true. */
  readonly typeConstraints?: boolean | undefined;
  /** Whether to score also what is left with the model's own thresholds; default true. */
  readonly thresholds?: boolean | undefined;
  /** Whether to measure also how far pictures' representations are from their texts'; for relation models of I2SRM. Default false. */
  readonly modalityGap?: boolean | undefined;
  /** Whether to score documents even if the model was trained on them; default false: a tenth of them or more is refused. */
  readonly allowTrainingData?: boolean | undefined;
  /** Whether to keep the scores with the model: in its card, and for a server that serves it. Default false. */
  readonly record?: boolean | undefined;
  /** What to do with a relation that the model was not trained on; `refuse` throws. */
  readonly unknownRelations?: "refuse" | "leave-out" | "as-none" | undefined;
  readonly device?: Config["training"]["device"] | undefined;
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  /** Plugin execution providers, in order of preference. */
  readonly plugins?: readonly Plugin[] | undefined;
  readonly precision?: Precision | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
}

/** What every score says about its documents, and about chance. */
export interface ScoredDocuments {
  /** sha256 over the documents, whatever their file and format. */
  readonly fingerprint: string;
  /** How many of them the model was trained on, or chosen by. */
  readonly seen: SeenAccount;
  /** 95 % intervals of F1, from 1,000 resamples of the documents; those that share a text or a picture are drawn together. */
  readonly intervals: ScoreIntervals;
}

/** Scores of what a model reports with its thresholds. */
export interface ThresholdScores<Metrics> {
  readonly metrics: Metrics;
  /** What is less probable than its threshold and so not reported, by label. */
  readonly below: Readonly<Record<string, number>>;
  readonly thresholds: Thresholds;
}

/** Scores of a relation model, and what was scored. */
export interface RelationEvaluationSummary extends ScoredDocuments {
  readonly task: "mre";
  readonly visualChannel: VisualChannelName;
  /** Of everything that the model finds, whatever its thresholds. */
  readonly metrics: RelationMetrics;
  /** Absent for a model without thresholds, and if the request ignores them. */
  readonly withThresholds?: ThresholdScores<RelationMetrics>;
  readonly data: DataAccount;
  /** What to know before trusting a score. */
  readonly notes: readonly string[];
  /** How far pictures are from their own texts in the model's representations, if the request asks for it. */
  readonly modalityGap?: ModelGap;
  /** Generated views that were used; absent without any. */
  readonly views?: ViewAccount & { readonly perExample: number };
}

/** Scores of an entity model, and what was scored. */
export interface EntityEvaluationSummary extends ScoredDocuments {
  readonly task: "mner";
  readonly visualChannel: VisualChannelName;
  /** Whether only well-formed tag sequences were decoded. */
  readonly constrained: boolean;
  /** Texts longer than the model's limit, scored whole. */
  readonly windowed: number;
  /** Of everything that the model finds, whatever its thresholds. */
  readonly metrics: EntityMetrics;
  /** Absent for a model without thresholds, and if the request ignores them. */
  readonly withThresholds?: ThresholdScores<EntityMetrics>;
  readonly data: DataAccount;
  /** What to know before trusting a score. */
  readonly notes: readonly string[];
  /** Generated views that were used; absent without any. */
  readonly views?: ViewAccount & { readonly perExample: number };
}

/** Scores of a category model, and what was scored. */
export interface CategoryEvaluationSummary extends ScoredDocuments {
  readonly task: "classification";
  readonly visualChannel: VisualChannelName;
  /** Of the most probable category of each post, whatever the model's thresholds. */
  readonly metrics: CategoryMetrics;
  /** With no answer for a post whose category is below its threshold; absent for a model without thresholds, and if the request ignores them. */
  readonly withThresholds?: ThresholdScores<CategoryMetrics>;
  readonly data: DataAccount;
  /** What to know before trusting a score. */
  readonly notes: readonly string[];
}

/** Scores of a model of any task; `task` tells them apart. */
export type EvaluationSummary =
  | RelationEvaluationSummary
  | EntityEvaluationSummary
  | CategoryEvaluationSummary;

/** Where to run a loaded model, and with what precision. */
export interface ExtractorOptions extends VerifyOptions {
  /** What the model needs from outside relata. */
  readonly extensions?: ExtensionsInput | undefined;
  readonly device?: Config["training"]["device"] | undefined;
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  /** Plugin execution providers, in order of preference. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** "int8" predicts faster, with large layers in eight bits; default "fp32". */
  readonly precision?: Precision | undefined;
  /** Stops loading before its next part; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A text with two mentions, to find the relation between them. */
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
  /** Every label with its probability, most probable first. */
  readonly probabilities: readonly { readonly label: string; readonly probability: number }[];
  /** Whether the probabilities were calibrated on validation data. */
  readonly calibrated: boolean;
  /** The model's visual input in training. */
  readonly visualChannel: VisualChannelName;
  /** What this request showed the model. */
  readonly visual: "picture" | "caption" | "none";
  readonly truncated: boolean;
}
