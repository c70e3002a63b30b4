// Scores of relations, entities and whole extractions; comparison of systems; calibration.
export {
  type BootstrapOptions,
  type BootstrapResult,
  pairedBootstrap,
  pairedBootstrapMicroF1,
  type Statistic,
} from "./bootstrap.ts";
export {
  calibrationError,
  fitTemperature,
  type ScoreMatrix,
  type TemperatureFit,
} from "./calibration.ts";
export { type CategoryMetrics, categoryMetrics } from "./category-metrics.ts";
export type { ClassScore } from "./class-metrics.ts";
export { pairedBootstrapEntityF1 } from "./entity-bootstrap.ts";
export { type EntityMetrics, type EntityScore, entityMetrics, type LabelledSpan } from "./entity-metrics.ts";
export { EvaluationError } from "./evaluation-error.ts";
export {
  type ExtractedDocument,
  type ExtractionMetrics,
  extractionMetrics,
  type RelationMatching,
} from "./extraction-metrics.ts";
export {
  type FittedTrust,
  fitTrust,
  type TrustDecision,
  type TrustInstances,
} from "./fit-trust.ts";
export type { MatchCounts, PrecisionRecallF1, Score } from "./match-counts.ts";
export {
  type LabelledPredictions,
  type MissedInstance,
  type PrecisionRecallPoint,
  precisionRecallCurve,
  type ScoredPrediction,
} from "./precision-recall.ts";
export { type RelationMetrics, type RelationScore, relationMetrics } from "./relation-metrics.ts";
export type { CalibrationBin, CalibrationError } from "./reliability.ts";
export { type SeedSummary, summarizeSeeds } from "./seed-summary.ts";
export {
  fitThresholds,
  type HeldOutScore,
  type LabelThreshold,
  type ThresholdAim,
  type ThresholdDecision,
  type Thresholds,
  thresholdOf,
  type Unreached,
} from "./thresholds.ts";
