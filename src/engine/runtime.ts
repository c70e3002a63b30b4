// Opens onnxruntime on a device and creates sessions: the entry to the engine.
import { EngineError } from "../base/errors.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import type { Spelling } from "../graph/lowering.ts";
import { DeviceTensor } from "./device-tensor.ts";
import { DeviceTransfer } from "./device-transfer.ts";
import { DEVICES, type Device } from "./devices.ts";
import { Environment } from "./environment.ts";
import { findProvider } from "./find-provider.ts";
import { knownProvider, type ProviderPrecision } from "./known-providers.ts";
import { Lifetime } from "./lifetime.ts";
import { loadSession } from "./load-session.ts";
import { type NodeAssignment, readAssignment } from "./node-assignment.ts";
import type { Pointer } from "./ort-api.ts";
import { locateLibrary } from "./ort-library.ts";
import type { LocatedPlugin, Plugin } from "./plugin-provider.ts";
import { Session } from "./session.ts";
import { deviceUnavailable, type NativeSessionSettings, type PluginDevices } from "./session-options.ts";
import type { SharedConstants } from "./shared-constants.ts";
import { checkMemory } from "./tensor-checks.ts";
import { physicalCores } from "./threads.ts";

/** The device and the number of threads. */
export interface RuntimeOptions {
  /** Default "cpu". */
  readonly device?: Device | undefined;
  /** Threads per run; default: the number of physical cores. Results depend on it in the last bits. */
  readonly threads?: number | undefined;
  /** Path of an onnxruntime shared library; default: the one in onnxruntime-node. */
  readonly library?: string | undefined;
  /** Plugin execution providers in order of preference; each takes the nodes that it supports. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** Options of the device's provider, under onnxruntime's names. */
  readonly providerOptions?: Readonly<Record<string, string>> | undefined;
}

/** A plugin provider in use. */
export interface ProviderInUse {
  /** As its library spells it, for example "OpenVINOExecutionProvider". */
  readonly provider: string;
  readonly library: string;
  /** Undefined for a provider that relata does not know. */
  readonly precision: ProviderPrecision | undefined;
}

/** How one model runs. */
export interface SessionOptions {
  /** Names the session in errors; default: the model's path, or "model". */
  readonly label?: string | undefined;
  /** Default: the runtime's. */
  readonly threads?: number | undefined;
  /** onnxruntime's session configuration entries. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  /** Write profiles to files that begin with this path. */
  readonly profile?: string | undefined;
  /**
   * Values of the constants that are not in the model (`Program.supplied`). They are not copied: do not change or transfer them while
   * the session lives.
   */
  readonly supplied?: ReadonlyMap<string, HostTensor> | undefined;
  /** Supplied constants that other sessions read too; on the CPU, for models given as bytes. */
  readonly shared?: SharedConstants | undefined;
}

const MAX_THREADS = 1024; // more is a typo, and onnxruntime would try

/**
 * onnxruntime on one device.
 *
 * @example
 * import { Runtime } from "relata/engine";
 *
 * await using runtime = await Runtime.open({ device: "cpu" });
 * await using session = await runtime.createSession("model.onnx");
 */
export class Runtime {
  readonly device: Device;
  readonly threads: number;
  readonly #environment: Environment;
  readonly #providerOptions: Readonly<Record<string, string>>;
  readonly #plugins: readonly (PluginDevices & ProviderInUse)[];
  readonly #assignments = new Map<string, NodeAssignment>();
  readonly #lifetime = new Lifetime("the runtime");
  readonly #sessions = new Set<Session>();
  readonly #deviceTensors = new Set<DeviceTensor>();
  #transfer: DeviceTransfer | undefined;

  /**
   * Loads onnxruntime and checks that the device works.
   *
   * @throws EngineError `engine/no-library`, `engine/library-not-loadable`, `engine/library-too-old`,
   * `engine/webgpu-unavailable`, `engine/cuda-unavailable`, `engine/unknown-device`, `engine/bad-thread-count` and the codes of
   * `findProvider` and `chooseProvider`
   */
  static async open(options: RuntimeOptions = {}): Promise<Runtime> {
    const threads = checkThreads("runtime", options.threads ?? physicalCores());
    checkDevice(options.device);
    const located = await Promise.all((options.plugins ?? []).map((plugin) => findProvider(plugin)));
    const environment = Environment.acquire(locateLibrary(options.library));
    try {
      const plugins = located.map((plugin) => usePlugin(environment, plugin));
      const runtime = new Runtime(environment, options, threads, plugins);
      if (runtime.device !== "cpu") await runtime.#probeDevice(runtime.device);
      return runtime;
    } catch (error) {
      environment.release();
      throw error;
    }
  }

  private constructor(
    environment: Environment,
    options: RuntimeOptions,
    threads: number,
    plugins: readonly (PluginDevices & ProviderInUse)[],
  ) {
    this.device = options.device ?? "cpu";
    this.threads = threads;
    this.#environment = environment;
    this.#providerOptions = options.providerOptions ?? {};
    this.#plugins = plugins;
  }

  /** onnxruntime's version, for example "1.30.0". */
  get version(): string {
    return this.#environment.api.version;
  }

  /** The ONNX spelling that graphs need here: plugin providers know only standard operators. */
  get spelling(): Spelling {
    if (this.#plugins.length > 0) return "onnx";
    return this.device === "webgpu" ? "webgpu" : "cpu";
  }

  /** The plugin providers that take nodes of this runtime's graphs. */
  get plugins(): readonly ProviderInUse[] {
    return this.#plugins.map(({ provider, library, precision }) => ({ provider, library, precision }));
  }

  /** How many nodes of each graph so far the plugin providers took, by its label; empty without plugins, and before onnxruntime 1.24. */
  get assignments(): ReadonlyMap<string, NodeAssignment> {
    return this.#assignments;
  }

  /** Names of the execution providers that can run here. */
  get providers(): readonly string[] {
    return this.#environment.providers();
  }

  /** Path of the onnxruntime shared library in use. */
  get libraryPath(): string {
    return this.#environment.api.libraryPath;
  }

  async #probeDevice(device: Exclude<Device, "cpu">): Promise<void> {
    const place = "runtime";
    const transfer = new DeviceTransfer(this.#environment, device, (model) =>
      loadSession(this.#environment, place, model, this.#settings({}, place)),
    );
    try {
      await transfer.probe();
      this.#transfer = transfer;
    } catch (cause) {
      await transfer.dispose();
      if (cause instanceof EngineError && cause.code.endsWith("-unavailable")) throw cause;
      throw deviceUnavailable(device, place, cause);
    }
  }

  #settings(options: SessionOptions, place: string): NativeSessionSettings {
    return {
      device: this.device,
      threads: checkThreads(place, options.threads ?? this.threads),
      plugins: this.#plugins,
      providerOptions: this.#providerOptions,
      config: options.config ?? {},
      profile: options.profile,
      supplied: options.supplied ?? new Map(),
      shared: options.shared,
    };
  }

  /**
   * Loads a model from its bytes or from a file (which may name external weight files in its folder).
   *
   * @throws EngineError `engine/no-model` if the file does not exist, `engine/runtime-failed` if onnxruntime refuses the model (for
   * example because constants are not supplied), `engine/unsupported-dtype` if relata does not handle the type of an input or output,
   * `engine/provider-unused` if the plugin providers take no node
   */
  async createSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<Session> {
    const label = options.label ?? (typeof model === "string" ? model : "model");
    const place = `session ${label}`;
    const environment = this.#environment;
    for (const [name, tensor] of options.supplied ?? []) checkMemory(place, name, tensor);
    this.#lifetime.enter();
    try {
      const pointer = await loadSession(environment, place, model, this.#settings(options, place));
      try {
        this.#readAssignment(place, label, pointer);
        const session = new Session({
          environment,
          pointer,
          label,
          onDevice: this.device !== "cpu",
          supplied: options.supplied,
          onDispose: (disposed) => this.#sessions.delete(disposed),
        });
        this.#sessions.add(session);
        return session;
      } catch (error) {
        environment.api.call("ReleaseSession", place, pointer);
        throw error;
      }
    } finally {
      this.#lifetime.leave();
    }
  }

  #readAssignment(place: string, label: string, session: Pointer): void {
    if (this.#plugins.length === 0) return;
    const names = this.#plugins.map(({ provider }) => provider);
    const assignment = readAssignment(this.#environment, place, session, names);
    if (assignment !== undefined) this.#assignments.set(label, assignment);
  }

  /**
   * Copies a tensor to the device, where it stays until it is disposed of. The copy continues in the background: do not change
   * `tensor` until `ready` resolves. Runs started later wait for the copy.
   */
  upload(tensor: HostTensor): DeviceTensor {
    this.#lifetime.check();
    checkMemory("upload", "tensor", tensor);
    const uploaded =
      this.#transfer?.upload(tensor) ??
      new DeviceTensor(tensor.dtype, tensor.shape, {
        host: { ...tensor, data: tensor.data.slice() } as HostTensor,
        download: () => Promise.reject(new Error("the CPU's tensors are in host memory")),
        release: () => Promise.resolve(),
      });
    this.#deviceTensors.add(uploaded);
    return uploaded;
  }

  /** Disposes of the remaining sessions and device tensors, then releases onnxruntime if nothing else uses it. Further calls do nothing. */
  dispose(): Promise<void> {
    return this.#lifetime.end(async () => {
      for (const session of this.#sessions) await session.dispose();
      for (const tensor of this.#deviceTensors) await tensor.dispose();
      await this.#transfer?.dispose();
      this.#environment.release();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Registers a plugin; relata's options apply to a provider that it knows, unless others are given. */
function usePlugin(environment: Environment, plugin: LocatedPlugin): PluginDevices & ProviderInUse {
  const { provider, devices } = environment.plugin(plugin);
  const known = knownProvider(plugin.provider);
  const precision = known && (plugin.precision ?? "fp32");
  return {
    provider,
    library: plugin.library,
    precision,
    devices,
    options: (threads) => ({
      ...(known && precision && known.options(threads, precision)),
      ...plugin.options,
    }),
  };
}

/** Untyped callers can pass anything, and onnxruntime would crash on it. */
function checkDevice(device: unknown): void {
  if (device === undefined || DEVICES.some((known) => known === device)) return;
  throw new EngineError({
    code: "engine/unknown-device",
    message: `there is no device ${JSON.stringify(device)}`,
    place: "device",
    value: device,
    remedy: `Name one of ${DEVICES.join(", ")}.`,
  });
}

function checkThreads(place: string, threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return threads;
  throw new EngineError({
    code: "engine/bad-thread-count",
    message: `${place}: threads must be an integer from 1 to ${MAX_THREADS}, got ${threads}`,
    place: "threads",
    value: threads,
    remedy: `Omit it to use one thread per core (here ${physicalCores()}).`,
  });
}
