// The process-wide part of onnxruntime: its environment, the memory arena that all sessions share, plugin providers.
import { EngineError } from "../errors.ts";
import { CStrings, loadOrtApi, type OrtApi, type Pointer, pointerAt } from "./ort-api.ts";
import { MAX_RUNS_AT_ONCE, RunGate } from "./run-gate.ts";

const LOG_FATAL = 4; // failures come back as errors; onnxruntime would print them to stderr as well
const ARENA_ALLOCATOR = 1;
const MEMORY_TYPE_DEFAULT = 0;

/**
 * How the arena grows. A training graph run with 45 different batch lengths held 350 MB of activations when the arena grew by
 * what was requested and planned a block per shape, 285 MB when it doubled, and 160 MB when it doubled and planned none
 * (session-options.ts), at equal speed; 460 MB without an arena.
 */
const EXTEND_BY_DOUBLING = 0;

export interface Plugin {
  readonly name: string;
  readonly library: string;
}

/** One per shared library and JavaScript thread (onnxruntime keeps one per process); counted, released with its last user. */
export class Environment {
  static readonly #open = new Map<string, Environment>();

  readonly api: OrtApi;
  readonly pointer: Pointer;
  /** Describes memory that the CPU reads and writes. */
  readonly cpuMemory: Pointer;
  /** For the texts that onnxruntime allocates for its caller. */
  readonly allocator: Pointer;
  readonly runOptions: Pointer;
  readonly cpuGate = new RunGate(MAX_RUNS_AT_ONCE);
  /** Providers on devices share one command queue that is not made for several threads. */
  readonly deviceGate = new RunGate(1);
  #users = 0;
  readonly #plugins = new Map<string, { library: string; devices: readonly Pointer[] }>();

  /** The environment of the library at `path`, created on first use. Pair with `release()`. */
  static acquire(path: string): Environment {
    const environment = Environment.#open.get(path) ?? new Environment(loadOrtApi(path));
    Environment.#open.set(path, environment);
    environment.#users++;
    return environment;
  }

  private constructor(api: OrtApi) {
    const place = "Runtime.open";
    this.api = api;
    this.pointer = api.create("CreateEnv", place, LOG_FATAL, "relata");
    api.call("DisableTelemetryEvents", place, this.pointer);
    this.cpuMemory = api.create("CreateCpuMemoryInfo", place, ARENA_ALLOCATOR, MEMORY_TYPE_DEFAULT);
    this.allocator = api.create("GetAllocatorWithDefaultOptions", place);
    this.runOptions = api.create("CreateRunOptions", place);
    this.#shareArena();
  }

  #shareArena(): void {
    const place = "Runtime.open";
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
   * Registers a plugin execution provider once and returns its devices.
   *
   * @throws EngineError `engine/plugin-conflict` when the name is taken by another library,
   * `engine/plugin-without-device` when it finds no device on this machine.
   */
  plugin({ name, library }: Plugin): readonly Pointer[] {
    const place = "Runtime.open";
    const known = this.#plugins.get(name);
    if (known !== undefined && known.library !== library) {
      throw new EngineError({
        code: "engine/plugin-conflict",
        message: `${place}: plugin "${name}" is registered with ${known.library} already, got ${library}`,
        place: `plugins.${name}`,
        value: library,
        remedy: "Give each plugin library its own name.",
      });
    }
    if (known !== undefined) return known.devices;
    const before = new Set(this.#devices());
    this.api.call(
      "RegisterExecutionProviderLibrary",
      `${place}: plugin "${name}"`,
      this.pointer,
      name,
      library,
    );
    const devices = this.#devices().filter((device) => !before.has(device));
    if (devices.length === 0) {
      this.api.call("UnregisterExecutionProviderLibrary", place, this.pointer, name);
      throw new EngineError({
        code: "engine/plugin-without-device",
        message: `${place}: plugin "${name}" (${library}) finds no device on this machine`,
        place: `plugins.${name}`,
        value: library,
        remedy: "Check the device's driver, or leave the plugin out.",
      });
    }
    this.#plugins.set(name, { library, devices });
    return devices;
  }

  #devices(): Pointer[] {
    const out = new BigUint64Array(2);
    this.api.call("GetEpDevices", "Runtime.open", this.pointer, out.subarray(0, 1), out.subarray(1));
    const [list = 0n, count = 0n] = out;
    return Array.from({ length: Number(count) }, (_, i) => pointerAt(list, i));
  }

  /** Gives up one use; the last one releases everything. No session may be alive then. */
  release(): void {
    if (--this.#users > 0) return;
    const place = "Runtime.dispose";
    Environment.#open.delete(this.api.libraryPath);
    for (const name of this.#plugins.keys()) {
      this.api.call("UnregisterExecutionProviderLibrary", place, this.pointer, name);
    }
    this.api.call("ReleaseRunOptions", place, this.runOptions);
    this.api.call("ReleaseMemoryInfo", place, this.cpuMemory);
    this.api.call("ReleaseEnv", place, this.pointer); // counted across the process's threads; takes the arena along with the last
  }
}
