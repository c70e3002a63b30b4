// Everything public of the evaluation layer.
export {
  type BootstrapOptions,
  type BootstrapResult,
  pairedBootstrap,
  pairedBootstrapMicroF1,
  type Statistic,
} from "./bootstrap.ts";
export {
  type CalibrationBin,
  type CalibrationError,
  calibrationError,
  fitTemperature,
  type ScoreMatrix,
  type TemperatureFit,
} from "./calibration.ts";
export { EvaluationError } from "./evaluation-error.ts";
export {
  type MatchCounts,
  type PrecisionRecallF1,
  type RelationMetrics,
  type RelationScore,
  relationMetrics,
} from "./relation-metrics.ts";
export { type SeedSummary, summarizeSeeds } from "./seed-summary.ts";
