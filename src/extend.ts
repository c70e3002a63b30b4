// The functions for writing extensions: `import { defineReader, ... } from "relata/extend"`.
// docs/extending.md shows each.
export type { FileSample } from "./data/file-sample.ts";
export {
  defineReader,
  type Reader,
  type ReaderNote,
  type ReaderRow,
  type ReaderSource,
  type SourceLine,
} from "./data/reader-contract.ts";
export type { RgbPicture } from "./encoders/pictures/rgb-picture.ts";
export {
  defineTextEncoder,
  type TextEmbedding,
  type TextEncoderExtension,
  type TextEncoderSizes,
  type TextLayer,
} from "./encoders/text/text-encoder-contract.ts";
export type {
  Evaluation,
  EvaluationSet,
  Overrides,
  Plan,
  PresetOptions,
  SharedStage,
  StageOutput,
  Variant,
} from "./experiments/plan.ts";
export { definePreset, type PresetExtension } from "./experiments/preset-contract.ts";
export type { Extension, ExtensionKind } from "./extensions/extension.ts";
export type { ExtensionSource } from "./extensions/load-extensions.ts";
export {
  defineRelationReader,
  type ReadPicture,
  type RelationReaderExtension,
  type RelationReading,
} from "./extractors/relation/relation-reader-contract.ts";
export {
  defineGenerator,
  type OpenedGenerator,
  type OpeningGenerator,
  type PictureAnswer,
  type PictureGenerator,
  type Refused,
  type TextAnswer,
  type TextGenerator,
} from "./plan/generator-contract.ts";
export type { PictureRequest, TextRequest, ViewContent } from "./synthesis/generators/generator.ts";
export {
  definePictureEncoder,
  type EncodedPixels,
  type OpenedPictureEncoder,
  type OpeningPictureEncoder,
  type PictureEncoderExtension,
} from "./visual/picture-encoder-contract.ts";
