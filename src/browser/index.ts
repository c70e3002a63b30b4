// Extraction in a web page, without a server: loads what `relata export --web` wrote, and runs it in a worker with onnxruntime-web.
export { RelataError } from "../base/errors.ts";
export type { OffsetUnit } from "../data/offset-units.ts";
export type {
  Extraction,
  ExtractionNote,
  ExtractionOptions,
  FoundCategory,
  FoundEntity,
  FoundRelation,
  ShownVisual,
} from "../extract/post.ts";
export { load, type WebLoadOptions } from "./load.ts";
export type { LoadProgress, WebDevice } from "./messages.ts";
export { type WebExtractionOptions, WebModel, type WebPost } from "./web-model.ts";
