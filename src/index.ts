// The public library: what `import { ... } from "relata"` gives. The layers are subpaths: "relata/data", "relata/engine" and so on.
export type { Document, Entity, Relation, Span } from "./data/index.ts";
export {
  ConfigError,
  DataError,
  EncoderError,
  EngineError,
  type ErrorDetails,
  type Fault,
  GraphError,
  ModelError,
  RelataError,
  SynthesisError,
  TrainingError,
} from "./errors.ts";
export { type LoadConfigOptions, loadConfig } from "./experiments/config/load.ts";
export { parseConfig } from "./experiments/config/parse.ts";
export { type Config, type ConfigInput, defineConfig } from "./experiments/config/schema.ts";
export { type ExportRequest, type ExportSummary, exportBundle } from "./experiments/extract/export-bundle.ts";
export type { ExtractionOutcome, ExtractManyOptions, Extractor } from "./experiments/extract/extractor.ts";
export { load } from "./experiments/extract/load.ts";
export type {
  Extraction,
  ExtractionNote,
  ExtractionOptions,
  Post,
  ShownVisual,
} from "./experiments/extract/post.ts";
export type { PredictionViews } from "./experiments/mi2rage/evaluate-views.ts";
export type { ViewAccount } from "./experiments/mi2rage/prepare-students.ts";
export { type ScoreViewsSummary, scoreViews } from "./experiments/mi2rage/score-views.ts";
export {
  type CaptionAccount,
  type DataAccount,
  type EntityEvaluationSummary,
  type EvaluateRequest,
  type EvaluationSummary,
  type ExtractedRelation,
  type ExtractorOptions,
  type ExtractRequest,
  evaluateExtractor as evaluate,
  type MentionSpan,
  type PreparationProgress,
  type RelationEvaluationSummary,
  type TrainingData,
  type TrainRequest,
  type TrainSummary,
  trainExtractor as train,
  type VisualChannelName,
} from "./experiments/relation-runs.ts";
