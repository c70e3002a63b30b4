// Pictures: decoding, preprocessing as published, and ONNX files as frozen picture encoders.
export {
  type DecodeOptions,
  decodePicture,
  MAX_PIXELS,
  type PictureOutcome,
  pictureMediaType,
  type RgbPicture,
  readPicture,
} from "./decode.ts";
export {
  joinPooledMaps,
  OnnxExtractor,
  type OnnxExtractorConfig,
  type PictureFeatures,
} from "./onnx-extractor.ts";
export { type PicturePlacement, type PictureResize, placePicture } from "./placement.ts";
export { cropCenter, type PictureInput, type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
export { loadPreprocessing, parsePreprocessing, TORCHVISION_RESNET } from "./preprocessor-config.ts";
export { type Resample, resizePicture } from "./resize.ts";
