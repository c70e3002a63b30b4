// Runs graphs with onnxruntime: devices, sessions, parameters, optimiser steps, weight files.
export { AdamW, type AdamWOptions, type Optimizer } from "./adamw.ts";
export { DeviceTensor } from "./device-tensor.ts";
export type { Device } from "./devices.ts";
export type { ProviderPrecision } from "./known-providers.ts";
export type { NodeAssignment } from "./node-assignment.ts";
export {
  type ParameterGroup,
  type ParameterSpec,
  Parameters,
  type ParametersOptions,
} from "./parameters.ts";
export type { Plugin } from "./plugin-provider.ts";
export { type Precision, Prediction, type PredictionOptions } from "./prediction.ts";
export { type ProviderInUse, Runtime, type RuntimeOptions, type SessionOptions } from "./runtime.ts";
export { readSafetensors, SafetensorsFile, writeSafetensors } from "./safetensors.ts";
export type { Session, SessionInputs, SessionOutputs } from "./session.ts";
export { SharedConstants } from "./shared-constants.ts";
