// The exports of `import { ... } from "relata"`: train, score and use extractors, make generated views,
// write reports.

export type { Finding, RowReference, Severity } from "./audit/finding.ts";
export type { IgnoredFinding, IgnoreEntry } from "./audit/ignore-list.ts";
export type { AuditedFileReport, AuditResult } from "./audit/run-audit.ts";
export type { SideSource } from "./audit/side-assignment.ts";
export type { FileToAudit } from "./audit/split-names.ts";
export type { ErrorCode, NoteCode } from "./base/codes/error-code.ts";
export {
  ConfigError,
  DataError,
  EncoderError,
  EngineError,
  type ErrorDetails,
  ExtensionError,
  type Fault,
  GraphError,
  ModelError,
  RelataError,
  SynthesisError,
  TrainingError,
} from "./base/errors.ts";
export type { PreparationProgress } from "./base/progress.ts";
export type { Overrides } from "./config/load.ts";
export { type ConfigSource, type LoadConfigOptions, loadConfig } from "./config/load.ts";
export type { NegativesSetting } from "./config/negatives.ts";
export { parseConfig } from "./config/parse.ts";
export { type BothConfig, type Config, type ConfigInput, defineConfig } from "./config/schema.ts";
export type { Category, Document, Entity, Relation, Span } from "./data/document.ts";
export type {
  HeldOutScore,
  LabelThreshold,
  ThresholdAim,
  ThresholdDecision,
  Thresholds,
  Unreached,
} from "./evaluation/thresholds.ts";
export type { SweptField } from "./experiments/plan.ts";
export type { ExperimentResults, ResultRow } from "./experiments/results.ts";
export type { ExperimentOutcome } from "./experiments/run-experiment.ts";
export type { ExtensionsInput } from "./extensions/load-extensions.ts";
export type { BundleEvaluationSummary, RelationPassScores } from "./extract/both/evaluate-bundle.ts";
export type { UnaskedPair, Unreachable } from "./extract/both/gold-documents.ts";
export type { BothStage, TrainBothSummary } from "./extract/both/train-both.ts";
export type { Bundle } from "./extract/bundle.ts";
export type {
  CategoryChange,
  Change,
  EntityChange,
  ExpertGuesses,
  ExplainedExtraction,
  Explanation,
  ExplanationLayer,
  ExplanationRegion,
  Guess,
  RelationChange,
  TwoExperts,
} from "./extract/explain/explanation.ts";
export { exportBundle } from "./extract/export-bundle.ts";
export type { ExportRequest, ExportSummary } from "./extract/export-request.ts";
export type { ConstraintRequest } from "./extract/exported-constraints.ts";
export type { ExtractionOutcome, ExtractManyOptions, Extractor, ItemOutcome } from "./extract/extractor.ts";
export { load } from "./extract/load.ts";
export type {
  Extraction,
  ExtractionNote,
  ExtractionOptions,
  FoundEntity,
  FoundRelation,
  Post,
  ShownVisual,
} from "./extract/post.ts";
export { setThresholds } from "./extract/set-thresholds.ts";
export type { ModelThresholds, ThresholdRequest } from "./extract/threshold-request.ts";
export { exportWeb } from "./extract/web/export-web.ts";
export type { WebExportRequest, WebExportSummary } from "./extract/web/web-request.ts";
export type { NegativeCounts, Negatives } from "./extractors/pairs/negatives.ts";
export type { PairAccount } from "./extractors/pairs/pair-set.ts";
export type {
  CategoryEvaluationSummary,
  DataAccount,
  EntityEvaluationSummary,
  EvaluateRequest,
  EvaluationSummary,
  ExtractedRelation,
  ExtractorOptions,
  ExtractRequest,
  PredictionViews,
  RelationEvaluationSummary,
  TrainingData,
  TrainSummary,
  ViewAccount,
} from "./extractors/requests.ts";
export type { Calibration } from "./extractors/shared/calibration.ts";
export type { ReadSettings } from "./extractors/shared/read-data.ts";
export type { VerifyOptions } from "./extractors/shared/verify-model.ts";
export type { ScoreViewsSummary } from "./extractors/student/gather-scores.ts";
export type { ScoresAbout } from "./extractors/student/scores-file.ts";
export { type AuditRequest, audit } from "./library/audit.ts";
export { evaluate } from "./library/evaluate.ts";
export { type ExperimentRequest, type ExperimentSet, experiment } from "./library/experiment.ts";
export { type ReportRequest, report } from "./library/report.ts";
export { type ScoreViewsRequest, scoreViews } from "./library/score-views.ts";
export {
  type PreparedSynthesis,
  type SynthesizeRequest,
  type SynthesizeSummary,
  synthesize,
} from "./library/synthesize.ts";
export { type TaskOf, type TrainRequest, type TrainResult, train } from "./library/train.ts";
export type { SynthesisPlanInput } from "./plan/plan-schema.ts";
export type { InstanceAccount } from "./plan/source-instances.ts";
export type { PictureAccount } from "./report/pictures.ts";
export type { PredictionFiles } from "./report/report-of-run.ts";
export type { WrittenReport } from "./report/write-report.ts";
export type { TrainingEvent, TrainingStatus } from "./training/progress.ts";
export type {
  CaptionAccount,
  CropAccount,
  PictureSource,
  PostPicture,
  VisualChannelName,
} from "./visual/visual-channel.ts";
