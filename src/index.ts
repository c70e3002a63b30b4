// The public library: what `import { ... } from "relata"` gives. The layers are subpaths: "relata/data", "relata/engine" and so on.

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
} from "./base/errors.ts";
export { type LoadConfigOptions, loadConfig } from "./config/load.ts";
export { parseConfig } from "./config/parse.ts";
export { type Config, type ConfigInput, defineConfig } from "./config/schema.ts";
export type { Document, Entity, Relation, Span } from "./data/index.ts";
export { type ExportRequest, type ExportSummary, exportBundle } from "./extract/export-bundle.ts";
export type { ExtractionOutcome, ExtractManyOptions, Extractor } from "./extract/extractor.ts";
export { load } from "./extract/load.ts";
export type {
  Extraction,
  ExtractionNote,
  ExtractionOptions,
  Post,
  ShownVisual,
} from "./extract/post.ts";
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
} from "./extractors/run.ts";
export type { PredictionViews } from "./extractors/student/evaluate-views.ts";
export type { ViewAccount } from "./extractors/student/prepare-students.ts";
export { type ScoreViewsSummary, scoreViews } from "./extractors/student/score-views.ts";
