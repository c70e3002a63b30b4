// Pictures: decoding, preprocessing as published, and ONNX files as frozen picture encoders.

export { Gate } from "../../base/gate.ts";
export { pictureMediaType } from "./brands.ts";
export {
  decodeInspected,
  decodePicture,
  type PictureOutcome,
  readPicture,
  readPictureFile,
} from "./decode.ts";
export { type DecodeOptions, type InspectedPicture, inspectPicture } from "./inspect.ts";
export { MAX_ASPECT, MAX_PIXELS, MAX_SIDE, PICTURE_FAULTS } from "./limits.ts";
export { loadPreprocessing } from "./load-preprocessing.ts";
export {
  joinPooledMaps,
  OnnxExtractor,
  type OnnxExtractorConfig,
  type PictureFeatures,
} from "./onnx-extractor.ts";
export { preprocessInThread } from "./pixel-threads.ts";
export { type PicturePlacement, type PictureResize, placePicture } from "./placement.ts";
export { cropCenter, type PictureInput, type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
export { parsePreprocessing, TORCHVISION_RESNET } from "./preprocessor-config.ts";
export { type Resample, resizePicture } from "./resize.ts";
export type { RgbPicture } from "./rgb-picture.ts";
