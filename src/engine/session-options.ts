// Builds onnxruntime's session options: threads, optimisation level, the shared arena, execution providers.
import { EngineError } from "../base/errors.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import type { Device } from "./devices.ts";
import type { Environment } from "./environment.ts";
import { wrapTensor } from "./native-values.ts";
import { RECORD_ASSIGNMENT } from "./node-assignment.ts";
import { CStrings, hasAssignments, type Pointer } from "./ort-api.ts";
import type { SharedConstants } from "./shared-constants.ts";

/** Devices of one plugin provider, and its options for a number of threads. */
export interface PluginDevices {
  readonly devices: readonly Pointer[];
  options(threads: number): Readonly<Record<string, string>>;
}

export interface NativeSessionSettings {
  readonly device: Device;
  readonly threads: number;
  /** Plugin providers, best first. */
  readonly plugins: readonly PluginDevices[];
  readonly providerOptions: Readonly<Record<string, string>>;
  /** onnxruntime's session configuration entries, for example `session.intra_op.allow_spinning`. */
  readonly config: Readonly<Record<string, string>>;
  /** Write a profile of every run to files that begin with this path. */
  readonly profile: string | undefined;
  /** Values of the model's constants that are not in its file. */
  readonly supplied: ReadonlyMap<string, HostTensor>;
  /** Those among them that other sessions read too. */
  readonly shared?: SharedConstants | undefined;
}

const OPTIMIZE_ALL = 99;
const SEQUENTIAL = 0;
const LOG_FATAL = 4;

const DEFAULT_CONFIG: Readonly<Record<string, string>> = {
  "session.use_env_allocators": "1", // one arena for all sessions
  // Threads that spin while they wait take cores from other sessions and programs: on a busy machine runs took two to four
  // times as long, and creating many sessions twenty times. Waking sleeping threads costs about 1 % of a training step.
  "session.intra_op.allow_spinning": "0",
};

/** OrtSessionOptions for `settings`; release with ReleaseSessionOptions. */
export function createSessionOptions(
  environment: Environment,
  place: string,
  settings: NativeSessionSettings,
): Pointer {
  const { api } = environment;
  const options = api.create("CreateSessionOptions", place);
  try {
    api.call("SetSessionGraphOptimizationLevel", place, options, OPTIMIZE_ALL);
    api.call("DisableMemPattern", place, options); // one permanent block per shape wastes memory when lengths vary
    api.call("SetSessionExecutionMode", place, options, SEQUENTIAL);
    api.call("SetIntraOpNumThreads", place, options, settings.threads);
    api.call("SetInterOpNumThreads", place, options, 1);
    api.call("SetSessionLogSeverityLevel", place, options, LOG_FATAL);
    const recorded = settings.plugins.length > 0 && hasAssignments(api) ? RECORD_ASSIGNMENT : {};
    const entries: Readonly<Record<string, string>> = { ...DEFAULT_CONFIG, ...recorded, ...settings.config };
    for (const [key, value] of Object.entries(entries)) {
      api.call("AddSessionConfigEntry", `${place}: config entry "${key}"`, options, key, value);
    }
    supply(environment, place, options, settings);
    if (settings.profile !== undefined) api.call("EnableProfiling", place, options, settings.profile);
    for (const plugin of settings.plugins) {
      appendPlugin(environment, place, options, plugin.devices, plugin.options(settings.threads));
    }
    if (settings.device === "webgpu") appendWebGpu(environment, place, options, settings.providerOptions);
    if (settings.device === "cuda") appendCuda(environment, place, options, settings.providerOptions);
    return options;
  } catch (error) {
    api.call("ReleaseSessionOptions", place, options);
    throw error;
  }
}

/** Passes constants by address: onnxruntime reads them in place as long as the session lives. It shares the rearranged form of those that are named to it as shared. */
function supply(
  environment: Environment,
  place: string,
  options: Pointer,
  { supplied, shared }: NativeSessionSettings,
): void {
  if (supplied.size === 0) return;
  const { api } = environment;
  const names = new CStrings([...supplied.keys()]);
  const values = new BigUint64Array(supplied.size);
  try {
    [...supplied.values()].forEach((tensor, i) => {
      values[i] = wrapTensor(environment, place, tensor);
    });
    api.call("AddExternalInitializers", place, options, names.addresses, values, names.length);
    [...supplied].forEach(([name, tensor], i) => {
      if (shared?.has(tensor) !== true) return;
      api.call("AddInitializer", place, options, name, values[i] as Pointer);
      shared.keep(values[i] as Pointer);
      values[i] = 0n; // it is the shared constants' now
    });
  } finally {
    for (const value of values) if (value !== 0n) api.call("ReleaseValue", place, value);
  }
}

function appendPlugin(
  environment: Environment,
  place: string,
  options: Pointer,
  devices: readonly Pointer[],
  providerOptions: Readonly<Record<string, string>>,
): void {
  const keys = new CStrings(Object.keys(providerOptions));
  const values = new CStrings(Object.values(providerOptions));
  environment.api.call(
    "SessionOptionsAppendExecutionProvider_V2",
    place,
    options,
    environment.pointer,
    BigUint64Array.from(devices),
    devices.length,
    keys.addresses,
    values.addresses,
    keys.length,
  );
}

function appendWebGpu(
  { api }: Environment,
  place: string,
  options: Pointer,
  providerOptions: Readonly<Record<string, string>>,
): void {
  const keys = new CStrings(Object.keys(providerOptions));
  const values = new CStrings(Object.values(providerOptions));
  try {
    api.call(
      "SessionOptionsAppendExecutionProvider",
      place,
      options,
      "WebGPU",
      keys.addresses,
      values.addresses,
      keys.length,
    );
  } catch (cause) {
    throw deviceUnavailable("webgpu", place, cause);
  }
}

function appendCuda(
  { api }: Environment,
  place: string,
  options: Pointer,
  providerOptions: Readonly<Record<string, string>>,
): void {
  let cuda: Pointer | undefined;
  try {
    cuda = api.create("CreateCUDAProviderOptions", place);
    const keys = new CStrings(Object.keys(providerOptions));
    const values = new CStrings(Object.values(providerOptions));
    if (keys.length > 0) {
      api.call("UpdateCUDAProviderOptions", place, cuda, keys.addresses, values.addresses, keys.length);
    }
    api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", place, options, cuda);
  } catch (cause) {
    throw deviceUnavailable("cuda", place, cause);
  } finally {
    if (cuda !== undefined) api.call("ReleaseCUDAProviderOptions", place, cuda);
  }
}

const REMEDIES: Readonly<Record<Exclude<Device, "cpu">, string>> = {
  webgpu:
    "WebGPU needs a graphics driver: Vulkan on Linux (libvulkan.so.1 and a driver), Direct3D 12 on " +
    'Windows, Metal on macOS. Install it, or use device: "cpu".',
  cuda:
    "CUDA needs an NVIDIA driver, CUDA and cuDNN, and onnxruntime's CUDA provider beside the library: run " +
    '`node node_modules/onnxruntime-node/script/install.js`, or pass the path of a GPU build as `library`. Or use device: "cpu".',
};

const UNAVAILABLE = { webgpu: "engine/webgpu-unavailable", cuda: "engine/cuda-unavailable" } as const;

/** The error for a device that this machine or library lacks. */
export function deviceUnavailable(
  device: Exclude<Device, "cpu">,
  place: string,
  cause: unknown,
): EngineError {
  const reason = cause instanceof EngineError ? String(cause.value) : String(cause);
  return new EngineError({
    code: UNAVAILABLE[device],
    message: `${place}: device "${device}" cannot be used here: ${reason}`,
    place: "device",
    value: device,
    remedy: REMEDIES[device],
    cause,
  });
}
