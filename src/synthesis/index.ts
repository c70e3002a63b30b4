// Generated views: generators, running chains into a store, reading a store, exporting it.
export type { ChainPlan, InstanceSource } from "./chain-plan.ts";
export type { Estimate, GeneratorEstimate } from "./estimate.ts";
export type { ExportAccount, ExportChoice } from "./export/exported-view.ts";
export { exportParquet, exportWebdataset } from "./export/index.ts";
export type { WebdatasetOptions } from "./export/webdataset.ts";
export type { Generator } from "./generators/generator.ts";
export {
  type Generated,
  type GeneratorIdentity,
  GeneratorRefusal,
  type ImageToText,
  type PictureRequest,
  type RewriteRequest,
  type TextRequest,
  type TextToImage,
  type TextToText,
  type ViewContent,
} from "./generators/generator.ts";
export type { RealModality, SourceInstance } from "./instance.ts";
export { runChains, type SynthesisOptions, type SynthesisOutcome } from "./run-chains.ts";
export type { FailureKind, RunCounts, StopReason } from "./run-state.ts";
export type { Manifest } from "./store/manifest.ts";
export { readContent } from "./store/object-store.ts";
export { openViewStore, type ViewStore } from "./store/open-store.ts";
export type { SaidSurvey } from "./store/survey.ts";
export { type StepSurvey, type StoreSurvey, surveyStore } from "./store/survey.ts";
export type { PictureView, TextSpan, TextView, View, ViewBase } from "./view.ts";
