// The engine: runs graphs with onnxruntime, holds parameters, updates them, reads and writes weight files.
export { AdamW, type AdamWOptions, MAX_USEFUL_THREADS, type Optimizer } from "./adamw.ts";
export { DeviceTensor } from "./device-tensor.ts";
export { type FlatSegment, MAX_SEGMENT_LENGTH } from "./flat-segment.ts";
export {
  type FlatGroup,
  type ParameterGroup,
  type ParameterSpec,
  Parameters,
  type ParametersOptions,
} from "./parameters.ts";
export type { Plugin } from "./plugin-provider.ts";
export { type Precision, Prediction, type PredictionOptions } from "./prediction.ts";
export { predictionBatches } from "./prediction-batches.ts";
export { MAX_RUNS_AT_ONCE } from "./runs-at-once.ts";
export { Runtime, type RuntimeOptions, type SessionOptions } from "./runtime.ts";
export { readSafetensors, SafetensorsFile, toFloat32, writeSafetensors } from "./safetensors.ts";
export type { Session, SessionInputs, SessionOutputs } from "./session.ts";
export type { Device } from "./session-options.ts";
