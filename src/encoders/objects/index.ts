// Objects in pictures: detectors as ONNX files with a description, and the pixels of what they find.
export type { ObjectDetector } from "./detector.ts";
export { openObjectDetector } from "./onnx-detector.ts";
export { cropPicture } from "./pixel-box.ts";
