// Objects in pictures: detectors as ONNX files with a description, and the pixels of what they find.
export type { DetectedObject, Detection, ObjectDetector } from "./detector.ts";
export { openObjectDetector } from "./onnx-detector.ts";
export { cropPicture, type PixelBox } from "./pixel-box.ts";
