// Moves tensors between host memory and a device by running a graph of one Identity node bound to both sides.
import { type DType, type HostTensor, zeros } from "../graph/host-tensor.ts";
import { DeviceTensor } from "./device-tensor.ts";
import type { Device } from "./devices.ts";
import type { Environment } from "./environment.ts";
import { keepInUse } from "./in-use.ts";
import { copyTensor, wrapTensor } from "./native-values.ts";
import { encodeModel, node } from "./onnx-model.ts";
import { type Pointer, pointerAt } from "./ort-api.ts";

/** onnxruntime's names for device memory. */
const MEMORY_NAMES: Readonly<Record<Exclude<Device, "cpu">, string>> = { webgpu: "WebGPU_Buf", cuda: "Cuda" };
const DEVICE_ALLOCATOR = 0;
const MEMORY_TYPE_DEFAULT = 0;

/** Loads a model for the device; the transfer releases the session. */
export type LoadModel = (model: Uint8Array) => Promise<Pointer>;

export class DeviceTransfer {
  readonly #environment: Environment;
  readonly #memory: Pointer;
  readonly #load: LoadModel;
  /** One session per dtype, loaded on first use. */
  readonly #sessions = new Map<DType, Promise<Pointer>>();

  constructor(environment: Environment, device: Exclude<Device, "cpu">, load: LoadModel) {
    this.#environment = environment;
    this.#load = load;
    this.#memory = environment.api.create(
      "CreateMemoryInfo",
      "runtime",
      MEMORY_NAMES[device],
      DEVICE_ALLOCATOR,
      0,
      MEMORY_TYPE_DEFAULT,
    );
  }

  /** Sends one number to the device and back; rejects when the device does not work. */
  async probe(): Promise<void> {
    const tensor = this.upload(zeros("float32", [1]));
    await tensor.download();
    await tensor.dispose();
  }

  /** Starts to copy `tensor` to the device. */
  upload(tensor: HostTensor): DeviceTensor {
    const value = this.#copyToDevice(tensor);
    return new DeviceTensor(tensor.dtype, tensor.shape, {
      value,
      download: (source) => this.#copyToHost(tensor.dtype, source),
      release: async (source) => {
        await this.#inTurn(async () => this.#environment.api.call("ReleaseValue", "device tensor", source));
      },
    });
  }

  async #copyToDevice(tensor: HostTensor): Promise<Pointer> {
    const place = "upload";
    const { api } = this.#environment;
    const session = await this.#session(tensor.dtype);
    return this.#inTurn(async () => {
      const release = keepInUse([tensor]);
      const source = wrapTensor(this.#environment, place, tensor);
      try {
        return await this.#identity(place, session, source, this.#memory);
      } finally {
        release();
        api.call("ReleaseValue", place, source);
      }
    });
  }

  async #copyToHost(dtype: DType, source: Pointer): Promise<HostTensor> {
    const place = "download";
    const { api, cpuMemory } = this.#environment;
    const session = await this.#session(dtype);
    return this.#inTurn(async () => {
      const copy = await this.#identity(place, session, source, cpuMemory);
      try {
        return copyTensor(api, place, copy);
      } finally {
        api.call("ReleaseValue", place, copy);
      }
    });
  }

  /** The OrtValue of a copy of `source` in `memory`. */
  async #identity(place: string, session: Pointer, source: Pointer, memory: Pointer): Promise<Pointer> {
    const { api, allocator, runOptions } = this.#environment;
    const binding = api.create("CreateIoBinding", place, session);
    try {
      api.call("BindInput", place, binding, "from", source);
      api.call("BindOutputToDevice", place, binding, "to", memory);
      await api.callAsync("RunWithBinding", place, session, runOptions, binding);
      api.call("SynchronizeBoundOutputs", place, binding);
      const out = new BigUint64Array(2);
      api.call("GetBoundOutputValues", place, binding, allocator, out.subarray(0, 1), out.subarray(1));
      const list = out[0] as Pointer;
      const copy = pointerAt(list, 0);
      api.call("AllocatorFree", place, allocator, list);
      return copy;
    } finally {
      api.call("ReleaseIoBinding", place, binding);
    }
  }

  #session(dtype: DType): Promise<Pointer> {
    let session = this.#sessions.get(dtype);
    if (session === undefined) {
      session = this.#load(
        encodeModel({
          nodes: [node("Identity", ["from"], ["to"])],
          inputs: [{ name: "from", dtype }],
          outputs: [{ name: "to", dtype }],
        }),
      );
      this.#sessions.set(dtype, session);
    }
    return session;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#environment.deviceGate.pass(work);
  }

  /** Releases the sessions; no device tensor may be alive then. */
  async dispose(): Promise<void> {
    const { api } = this.#environment;
    for (const loading of await Promise.allSettled(this.#sessions.values())) {
      if (loading.status === "fulfilled") api.call("ReleaseSession", "runtime", loading.value);
    }
    api.call("ReleaseMemoryInfo", "runtime", this.#memory);
  }
}
