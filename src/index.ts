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
export type { PreparationProgress } from "./base/progress.ts";
export { type ConfigSource, type LoadConfigOptions, loadConfig } from "./config/load.ts";
export { parseConfig } from "./config/parse.ts";
export { type Config, type ConfigInput, defineConfig } from "./config/schema.ts";
export type { Document, Entity, Relation, Span } from "./data/document.ts";
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
export type {
  DataAccount,
  EntityEvaluationSummary,
  EvaluateRequest,
  EvaluationSummary,
  ExtractedRelation,
  ExtractorOptions,
  ExtractRequest,
  MentionSpan,
  PredictionViews,
  RelationEvaluationSummary,
  TrainingData,
  TrainSummary,
  ViewAccount,
} from "./extractors/requests.ts";
export type { ScoreViewsSummary } from "./extractors/student/score-views.ts";
export { evaluate } from "./library/evaluate.ts";
export { type ReportRequest, report } from "./library/report.ts";
export { type ScoreViewsRequest, scoreViews } from "./library/score-views.ts";
export {
  type PreparedSynthesis,
  type SynthesizeRequest,
  type SynthesizeSummary,
  synthesize,
} from "./library/synthesize.ts";
export { type TrainRequest, train } from "./library/train.ts";
export type { SynthesisPlanInput } from "./plan/plan-schema.ts";
export type { PredictionFiles } from "./report/report-of-run.ts";
export type { WrittenReport } from "./report/write-report.ts";
export type { TrainingEvent, TrainingStatus } from "./training/progress.ts";
export type { CaptionAccount, VisualChannelName } from "./visual/visual-channel.ts";
