// A tensor that stays on the runtime's device: on the GPU for WebGPU and CUDA, in main memory for the CPU.
import type { DType, HostTensor } from "../graph/host-tensor.ts";
import { Lifetime } from "./lifetime.ts";
import type { Pointer } from "./ort-api.ts";

/** The storage behind a DeviceTensor; made by the runtime. */
export interface DeviceStorage {
  /** The tensor in main memory, when the device is the CPU. */
  readonly host?: HostTensor;
  /** The OrtValue on another device; rejects when the upload failed. */
  readonly value?: Promise<Pointer>;
  download(value: Pointer): Promise<HostTensor>;
  release(value: Pointer): Promise<void>;
}

/**
 * Values that live on a device between runs: weights, caches. Pass it as an input or as an output of `Session.run`.
 *
 * A tensor passed to `Runtime.upload` must stay unchanged until `ready` resolves.
 */
export class DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Resolves when the values have reached the device. */
  readonly ready: Promise<void>;
  /** @internal for sessions: current uses of the values */
  readonly lifetime: Lifetime;
  /** @internal for sessions: where the values are */
  readonly storage: DeviceStorage;

  /** @internal for `Runtime.upload` */
  constructor(dtype: DType, shape: readonly number[], storage: DeviceStorage) {
    this.dtype = dtype;
    this.shape = shape;
    this.storage = storage;
    this.lifetime = new Lifetime(`the tensor ${dtype}[${shape.join(", ")}]`);
    this.ready = Promise.resolve(storage.value).then(() => undefined);
    this.ready.catch(() => undefined); // a failed upload is reported to code that awaits it or uses the tensor
  }

  /** A copy of the values in host memory. */
  async download(): Promise<HostTensor> {
    const { host, value } = this.storage;
    this.lifetime.enter();
    try {
      if (host !== undefined) return { ...host, data: host.data.slice() } as HostTensor;
      return await this.storage.download((await value) as Pointer);
    } finally {
      this.lifetime.leave();
    }
  }

  /** Frees the device memory once the runs that use it have ended. */
  dispose(): Promise<void> {
    return this.lifetime.end(async () => {
      const settled = await Promise.allSettled([this.storage.value]);
      const value = settled[0]?.status === "fulfilled" ? settled[0].value : undefined;
      if (value !== undefined) await this.storage.release(value);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
