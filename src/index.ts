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
  TrainRequest,
  TrainSummary,
  ViewAccount,
} from "./extractors/requests.ts";
export { evaluateExtractor as evaluate, trainExtractor as train } from "./extractors/run.ts";
export { type ScoreViewsSummary, scoreViews } from "./extractors/student/score-views.ts";
export type { CaptionAccount, VisualChannelName } from "./visual/visual-channel.ts";
