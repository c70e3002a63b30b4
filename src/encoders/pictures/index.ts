// Pictures: decoding, the published preprocessing, and ONNX files as frozen picture encoders.
export {
  decodePicture,
  type PictureOutcome,
  readPicture,
} from "./decode.ts";
export type { DecodeOptions } from "./inspect.ts";
export { isPictureFault, type PictureFault } from "./limits.ts";
export { loadPreprocessing } from "./load-preprocessing.ts";
export {
  OnnxExtractor,
  type OnnxExtractorConfig,
  type PictureFeatures,
} from "./onnx-extractor.ts";
export type { PictureResize } from "./placement.ts";
export type { CropRounding } from "./preprocess.ts";
export { type PictureInput, type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
export { parsePreprocessing, TORCHVISION_RESNET } from "./preprocessor-config.ts";
export type { Resample } from "./resize.ts";
export type { RgbPicture } from "./rgb-picture.ts";
