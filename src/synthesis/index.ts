// Everything public of the synthesis layer: what generators are, running chains into a store, reading a store, exporting it.
export { type ChainPlan, type InstanceSource, manifestOf } from "./chain-plan.ts";
export { exportParquet, exportWebdataset } from "./export/index.ts";
export {
  CAPTIONED_PICTURE,
  type Generated,
  type GeneratorIdentity,
  GeneratorRefusal,
  type ImageToText,
  type PictureRequest,
  PLAIN_TEXT,
  type TextRequest,
  type TextToImage,
  type ViewContent,
} from "./generators/generator.ts";
export type { RealModality, SourceInstance } from "./instance.ts";
export { locateMentions } from "./mentions.ts";
export { runChains, type SynthesisOptions, type SynthesisOutcome } from "./run-chains.ts";
export type { RunCounts, StopReason } from "./run-state.ts";
export { type InstanceLineage, type LineageCall, lineageOf } from "./store/lineage.ts";
export { type Manifest, readManifest } from "./store/manifest.ts";
export { openViewStore, type ViewStore } from "./store/open-store.ts";
export { type StepSurvey, type StoreSurvey, surveyStore } from "./store/survey.ts";
export type { PictureView, TextSpan, TextView, View } from "./view.ts";
