// The process-wide part of onnxruntime: its environment, the memory arena shared by all sessions, plugin providers.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { EngineError } from "../base/errors.ts";
import { Gate } from "../base/gate.ts";
import { CStrings, loadOrtApi, type OrtApi, type Pointer, pointerAt } from "./ort-api.ts";
import {
  type ChosenProvider,
  chooseProvider,
  type LocatedPlugin,
  type ProviderDevice,
} from "./plugin-provider.ts";
import { MAX_RUNS_AT_ONCE } from "./runs-at-once.ts";

const LOG_FATAL = 4; // failures are returned as errors; onnxruntime would also print them to stderr
const ARENA_ALLOCATOR = 1;
const MEMORY_TYPE_DEFAULT = 0;
const CPU = 0; // of OrtHardwareDeviceType

/**
 * How the arena grows. For a training graph with 45 different batch lengths, activations took 350 MB when the arena grew by the
 * requested size and planned a block per shape, 285 MB when it doubled, and 160 MB when it doubled without planning
 * (session-options.ts), at equal speed; 460 MB without an arena.
 */
const EXTEND_BY_DOUBLING = 0;

/** One per shared library and JavaScript thread (onnxruntime keeps one per process); counted, released with its last user. */
export class Environment {
  static readonly #open = new Map<string, Environment>();

  readonly api: OrtApi;
  readonly pointer: Pointer;
  /** Describes memory that the CPU reads and writes. */
  readonly cpuMemory: Pointer;
  /** For strings that onnxruntime allocates for its caller. */
  readonly allocator: Pointer;
  readonly runOptions: Pointer;
  readonly cpuGate = new Gate(MAX_RUNS_AT_ONCE);
  /** Providers on devices share one command queue that is not thread-safe. */
  readonly deviceGate = new Gate(1);
  #users = 0;
  /** By library. */
  readonly #plugins = new Map<
    string,
    { readonly name: string; readonly devices: readonly ProviderDevice[] }
  >();

  /** The environment of the library at `path`, created on first use. Pair with `release()`. */
  static acquire(path: string): Environment {
    const environment = Environment.#open.get(path) ?? new Environment(loadOrtApi(path));
    Environment.#open.set(path, environment);
    environment.#users++;
    return environment;
  }

  private constructor(api: OrtApi) {
    const place = "runtime";
    this.api = api;
    this.pointer = api.create("CreateEnv", place, LOG_FATAL, "relata");
    api.call("DisableTelemetryEvents", place, this.pointer);
    this.cpuMemory = api.create("CreateCpuMemoryInfo", place, ARENA_ALLOCATOR, MEMORY_TYPE_DEFAULT);
    this.allocator = api.create("GetAllocatorWithDefaultOptions", place);
    this.runOptions = api.create("CreateRunOptions", place);
    this.#shareArena();
  }

  #shareArena(): void {
    const place = "runtime";
    const keys = new CStrings(["arena_extend_strategy"]);
    const values = BigUint64Array.of(BigInt(EXTEND_BY_DOUBLING));
    const config = this.api.create("CreateArenaCfgV2", place, keys.addresses, values, keys.length);
    try {
      this.api.call("CreateAndRegisterAllocator", place, this.pointer, this.cpuMemory, config);
    } finally {
      this.api.call("ReleaseArenaCfg", place, config);
    }
  }

  /**
   * The devices of a plugin's provider; its library is registered once.
   *
   * @throws EngineError `engine/no-library` and the codes of `chooseProvider`
   */
  plugin(plugin: LocatedPlugin): ChosenProvider {
    return chooseProvider(this.#pluginDevices(resolve(plugin.library)), plugin);
  }

  #pluginDevices(library: string): readonly ProviderDevice[] {
    const place = "runtime";
    const known = this.#plugins.get(library);
    if (known !== undefined) return known.devices;
    if (!existsSync(library)) {
      throw new EngineError({
        code: "engine/no-library",
        message: `${place}: the provider library ${library} does not exist`,
        place: "provider",
        value: library,
        remedy: "Give the path of a shared library that contains an onnxruntime execution provider.",
      });
    }
    const before = new Set(this.#devices());
    const name = `relata-${this.#plugins.size}`;
    const what = `${place}: provider library ${library}`;
    this.api.call("RegisterExecutionProviderLibrary", what, this.pointer, name, library);
    const devices = this.#devices()
      .filter((device) => !before.has(device))
      .map((pointer) => ({
        provider: this.api.call("EpDevice_EpName", place, pointer),
        pointer,
        isCpu:
          this.api.call("HardwareDevice_Type", place, this.api.call("EpDevice_Device", place, pointer)) ===
          CPU,
      }));
    this.#plugins.set(library, { name, devices });
    return devices;
  }

  /** Names of the execution providers that can run here, those of registered plugins included. */
  providers(): readonly string[] {
    const names = this.#devices().map((device) => this.api.call("EpDevice_EpName", "runtime", device));
    return [...new Set(names)];
  }

  #devices(): Pointer[] {
    const out = new BigUint64Array(2);
    this.api.call("GetEpDevices", "runtime", this.pointer, out.subarray(0, 1), out.subarray(1));
    const [list = 0n, count = 0n] = out;
    return Array.from({ length: Number(count) }, (_, i) => pointerAt(list, i));
  }

  /** Ends one use; the last one releases everything. No session may be alive then. */
  release(): void {
    if (--this.#users > 0) return;
    const place = "runtime";
    Environment.#open.delete(this.api.libraryPath);
    for (const { name } of this.#plugins.values()) {
      this.api.call("UnregisterExecutionProviderLibrary", place, this.pointer, name);
    }
    this.api.call("ReleaseRunOptions", place, this.runOptions);
    this.api.call("ReleaseMemoryInfo", place, this.cpuMemory);
    this.api.call("ReleaseEnv", place, this.pointer); // counted across the process's threads; the last release also frees the arena
  }
}
