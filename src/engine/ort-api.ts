// onnxruntime's C API through koffi: the functions of the OrtApi table that relata calls, typed, with failures as EngineErrors.
// It is not an object wrapper: pointers are bigints, and the code that creates a pointer releases it.
import koffi, { type KoffiFunc, type LibraryHandle } from "koffi";
import { EngineError } from "../base/errors.ts";

/**
 * The requested version of the table. The table only grows, so every later onnxruntime also provides it.
 * 23 came with onnxruntime 1.23; the indices below are checked against its header's own static asserts.
 */
const API_VERSION = 23;

/** An address in native memory; 0n is the null pointer. */
export type Pointer = bigint;

interface ArgumentTypes {
  /** An address, or a typed array whose memory the function reads or writes during the call. */
  ptr: Pointer | ArrayBufferView | null;
  /** A null-terminated UTF-8 string. */
  str: string;
  /** A path: UTF-8, or UTF-16 on Windows. */
  path: string;
  int: number;
  size: number | bigint;
  bool: boolean;
}
type ArgumentKind = keyof ArgumentTypes;
type Arguments<K extends readonly ArgumentKind[]> = { -readonly [I in keyof K]: ArgumentTypes[K[I]] };

type ResultKind = "status" | "void" | "str" | "int" | "ptr";

/** Position in the table, return type, parameter types. A "status" is checked, released and thrown as an error. */
const FUNCTIONS = {
  GetErrorMessage: [2, "str", ["ptr"]],
  CreateEnv: [3, "status", ["int", "str", "ptr"]],
  DisableTelemetryEvents: [6, "status", ["ptr"]],
  CreateSession: [7, "status", ["ptr", "path", "ptr", "ptr"]],
  CreateSessionFromArray: [8, "status", ["ptr", "ptr", "size", "ptr", "ptr"]],
  Run: [9, "status", ["ptr", "ptr", "ptr", "ptr", "size", "ptr", "size", "ptr"]],
  CreateSessionOptions: [10, "status", ["ptr"]],
  SetSessionExecutionMode: [13, "status", ["ptr", "int"]],
  EnableProfiling: [14, "status", ["ptr", "path"]],
  DisableMemPattern: [17, "status", ["ptr"]],
  SetSessionLogSeverityLevel: [22, "status", ["ptr", "int"]],
  SetSessionGraphOptimizationLevel: [23, "status", ["ptr", "int"]],
  SetIntraOpNumThreads: [24, "status", ["ptr", "int"]],
  SetInterOpNumThreads: [25, "status", ["ptr", "int"]],
  SessionGetInputCount: [30, "status", ["ptr", "ptr"]],
  SessionGetOutputCount: [31, "status", ["ptr", "ptr"]],
  SessionGetInputTypeInfo: [33, "status", ["ptr", "size", "ptr"]],
  SessionGetOutputTypeInfo: [34, "status", ["ptr", "size", "ptr"]],
  SessionGetInputName: [36, "status", ["ptr", "size", "ptr", "ptr"]],
  SessionGetOutputName: [37, "status", ["ptr", "size", "ptr", "ptr"]],
  CreateRunOptions: [39, "status", ["ptr"]],
  CreateTensorWithDataAsOrtValue: [49, "status", ["ptr", "ptr", "size", "ptr", "size", "int", "ptr"]],
  GetTensorMutableData: [51, "status", ["ptr", "ptr"]],
  CastTypeInfoToTensorInfo: [55, "status", ["ptr", "ptr"]],
  GetTensorElementType: [60, "status", ["ptr", "ptr"]],
  GetDimensionsCount: [61, "status", ["ptr", "ptr"]],
  GetDimensions: [62, "status", ["ptr", "ptr", "size"]],
  GetSymbolicDimensions: [63, "status", ["ptr", "ptr", "size"]],
  GetTensorTypeAndShape: [65, "status", ["ptr", "ptr"]],
  CreateMemoryInfo: [68, "status", ["str", "int", "int", "int", "ptr"]],
  CreateCpuMemoryInfo: [69, "status", ["int", "int", "ptr"]],
  AllocatorFree: [76, "status", ["ptr", "ptr"]],
  GetAllocatorWithDefaultOptions: [78, "status", ["ptr"]],
  ReleaseEnv: [92, "void", ["ptr"]],
  ReleaseStatus: [93, "void", ["ptr"]],
  ReleaseMemoryInfo: [94, "void", ["ptr"]],
  ReleaseSession: [95, "void", ["ptr"]],
  ReleaseValue: [96, "void", ["ptr"]],
  ReleaseRunOptions: [97, "void", ["ptr"]],
  ReleaseTypeInfo: [98, "void", ["ptr"]],
  ReleaseTensorTypeAndShapeInfo: [99, "void", ["ptr"]],
  ReleaseSessionOptions: [100, "void", ["ptr"]],
  SessionEndProfiling: [110, "status", ["ptr", "ptr", "ptr"]],
  AddSessionConfigEntry: [130, "status", ["ptr", "str", "str"]],
  RunWithBinding: [133, "status", ["ptr", "ptr", "ptr"]],
  CreateIoBinding: [134, "status", ["ptr", "ptr"]],
  ReleaseIoBinding: [135, "void", ["ptr"]],
  BindInput: [136, "status", ["ptr", "str", "ptr"]],
  BindOutput: [137, "status", ["ptr", "str", "ptr"]],
  BindOutputToDevice: [138, "status", ["ptr", "str", "ptr"]],
  GetBoundOutputValues: [140, "status", ["ptr", "ptr", "ptr", "ptr"]],
  CreateAndRegisterAllocator: [144, "status", ["ptr", "ptr", "ptr"]],
  AddInitializer: [150, "status", ["ptr", "str", "ptr"]],
  ReleaseArenaCfg: [157, "void", ["ptr"]],
  CreateArenaCfgV2: [164, "status", ["ptr", "ptr", "size", "ptr"]],
  CreatePrepackedWeightsContainer: [166, "status", ["ptr"]],
  ReleasePrepackedWeightsContainer: [167, "void", ["ptr"]],
  CreateSessionFromArrayWithPrepackedWeightsContainer: [
    169,
    "status",
    ["ptr", "ptr", "size", "ptr", "ptr", "ptr"],
  ],
  SynchronizeBoundOutputs: [203, "status", ["ptr"]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, "status", ["ptr", "ptr"]],
  CreateCUDAProviderOptions: [205, "status", ["ptr"]],
  UpdateCUDAProviderOptions: [206, "status", ["ptr", "ptr", "ptr", "size"]],
  ReleaseCUDAProviderOptions: [208, "void", ["ptr"]],
  AddExternalInitializers: [210, "status", ["ptr", "ptr", "ptr", "size"]],
  SessionOptionsAppendExecutionProvider: [216, "status", ["ptr", "str", "ptr", "ptr", "size"]],
  RegisterExecutionProviderLibrary: [301, "status", ["ptr", "str", "path"]],
  UnregisterExecutionProviderLibrary: [302, "status", ["ptr", "str"]],
  GetEpDevices: [303, "status", ["ptr", "ptr", "ptr"]],
  SessionOptionsAppendExecutionProvider_V2: [
    304,
    "status",
    ["ptr", "ptr", "ptr", "size", "ptr", "ptr", "size"],
  ],
  HardwareDevice_Type: [307, "int", ["ptr"]],
  EpDevice_EpName: [312, "str", ["ptr"]],
  EpDevice_Device: [316, "ptr", ["ptr"]],
  // Of onnxruntime 1.24 and later: ask `hasAssignments` first.
  Session_GetEpGraphAssignmentInfo: [407, "status", ["ptr", "ptr", "ptr"]],
  EpAssignedSubgraph_GetEpName: [408, "status", ["ptr", "ptr"]],
  EpAssignedSubgraph_GetNodes: [409, "status", ["ptr", "ptr", "ptr"]],
  EpAssignedNode_GetOperatorType: [412, "status", ["ptr", "ptr"]],
} as const satisfies Record<string, readonly [number, ResultKind, readonly ArgumentKind[]]>;

type FunctionName = keyof typeof FUNCTIONS;
interface ResultTypes {
  status: undefined;
  void: undefined;
  str: string;
  int: number;
  ptr: Pointer;
}
type ResultOf<N extends FunctionName> = ResultTypes[(typeof FUNCTIONS)[N][1]];
type ArgumentsOf<N extends FunctionName> = Arguments<(typeof FUNCTIONS)[N][2]>;
/** A function that may be called off the main thread; the promise settles on the main thread. */
type AsyncName =
  | "Run"
  | "RunWithBinding"
  | "CreateSession"
  | "CreateSessionFromArray"
  | "CreateSessionFromArrayWithPrepackedWeightsContainer";

export interface OrtApi {
  /** For example "1.30.0". */
  readonly version: string;
  readonly libraryPath: string;
  /** Calls a function of the table. A failed OrtStatus is thrown as an EngineError that begins with `place`. */
  call<N extends FunctionName>(name: N, place: string, ...args: ArgumentsOf<N>): ResultOf<N>;
  /**
   * Calls a function on a worker thread. The caller must keep every typed array that native code touches reachable until the
   * promise settles; arguments must be addresses, not typed arrays.
   */
  callAsync<N extends AsyncName>(name: N, place: string, ...args: ArgumentsOf<N>): Promise<void>;
  /** Calls a function whose last argument is the address of the result, and returns that result. */
  create<N extends FunctionName>(name: N, place: string, ...args: WithoutLast<ArgumentsOf<N>>): Pointer;
}
type WithoutLast<T extends readonly unknown[]> = T extends readonly [...infer Head, unknown] ? Head : never;

type Native = KoffiFunc<(...args: readonly unknown[]) => unknown>;

const KOFFI_TYPES: Readonly<Record<ArgumentKind | "void" | "status", string>> = {
  ptr: "void *",
  str: "str",
  path: process.platform === "win32" ? "str16" : "str",
  int: "int",
  size: "size_t",
  bool: "bool",
  void: "void",
  status: "void *",
};

const loaded = new Map<string, OrtApi>();

/**
 * Loads the shared library at `path` (once per process) and binds the table.
 *
 * @throws EngineError `engine/library-not-loadable`, or `engine/library-too-old` if it does not know API_VERSION.
 */
export function loadOrtApi(path: string): OrtApi {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const api = bind(path);
  loaded.set(path, api);
  return api;
}

function bind(path: string): OrtApi {
  const base = openLibrary(path);
  // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t); const char* (*GetVersionString)(void); }
  const version = String(koffi.call(pointerAt(base, 1), koffi.proto("str", [])));
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major === 1 && minor < API_VERSION) {
    throw new EngineError({
      code: "engine/library-too-old",
      message: `${path} is onnxruntime ${version}, but relata needs 1.${API_VERSION} or newer`,
      place: "library",
      value: version,
      remedy: "Name a newer onnxruntime, or omit `library` to use the one in onnxruntime-node.",
    });
  }
  const table = koffi.call(
    pointerAt(base, 0),
    koffi.proto("void *", ["uint32_t"]),
    API_VERSION,
  ) as Pointer | null;
  if (table === null || table === 0n) {
    throw new EngineError({
      code: "engine/library-too-old",
      message: `${path} (onnxruntime ${version}) does not offer version ${API_VERSION} of its C API`,
      place: "library",
      value: version,
      remedy: "Name a newer onnxruntime, or omit `library` to use the one in onnxruntime-node.",
    });
  }
  const bound = new Map<FunctionName, Native>();
  const native = (name: FunctionName): Native => {
    let fn = bound.get(name);
    if (fn === undefined) {
      const [index, result, kinds] = FUNCTIONS[name];
      const proto = koffi.proto(
        KOFFI_TYPES[result],
        kinds.map((kind) => KOFFI_TYPES[kind]),
      );
      fn = koffi.decode(pointerAt(table, index), proto) as Native;
      bound.set(name, fn);
    }
    return fn;
  };
  const check = (status: unknown, place: string): void => {
    if (status === null || status === 0n) return;
    const text = String(native("GetErrorMessage")(status));
    native("ReleaseStatus")(status);
    throw runtimeError(place, text);
  };
  const out = new BigUint64Array(1); // the result slot of create(): calls are synchronous, so one is enough
  return {
    version,
    libraryPath: path,
    call(name, place, ...args) {
      const result = native(name)(...args);
      if (FUNCTIONS[name][1] === "status") check(result, place);
      return (hasResult(FUNCTIONS[name][1]) ? result : undefined) as ResultOf<typeof name>;
    },
    callAsync(name, place, ...args) {
      return new Promise((resolve, reject) => {
        native(name).async(...args, (error: unknown, status: unknown) => {
          try {
            if (error) throw error;
            check(status, place);
            resolve();
          } catch (failure) {
            reject(failure);
          }
        });
      });
    },
    create(name, place, ...args) {
      out[0] = 0n;
      check(native(name)(...args, out), place);
      return out[0];
    },
  };
}

function hasResult(kind: ResultKind): boolean {
  return kind !== "status" && kind !== "void";
}

/** The first minor version of onnxruntime that tells which provider took which node. */
const FIRST_WITH_ASSIGNMENTS = 24;

/** Whether this onnxruntime tells which provider took which node of a session. */
export function hasAssignments({ version }: Pick<OrtApi, "version">): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 1 || minor >= FIRST_WITH_ASSIGNMENTS;
}

/**
 * Native code called asynchronously runs on a stack made by koffi, of 128 KiB by default: enough for onnxruntime's kernels, but not
 * for optimising deep graphs or compiling WebGPU shaders, which then crash. This is the default stack of threads on Linux.
 */
const STACK_BYTES = 8 * 2 ** 20;

function growStacks(): void {
  if ((koffi.config().async_stack_size ?? 0) >= STACK_BYTES) return;
  try {
    koffi.config({ async_stack_size: STACK_BYTES });
  } catch (cause) {
    throw new EngineError({
      code: "engine/small-native-stack",
      message:
        "another part of this process loaded a library with koffi first, with stacks that are too small",
      place: "koffi.config",
      value: koffi.config().async_stack_size,
      remedy: `Call koffi.config({ async_stack_size: ${STACK_BYTES} }) before the other library is loaded, or open the runtime first.`,
      cause,
    });
  }
}

function openLibrary(path: string): Pointer {
  growStacks();
  try {
    const library = koffi.load(path);
    keptLibraries.push(library); // unloading onnxruntime would leave its threads without code
    return library.func("OrtGetApiBase", "void *", [])() as Pointer;
  } catch (cause) {
    throw new EngineError({
      code: "engine/library-not-loadable",
      message: `${path} is not an onnxruntime library that this process can load: ${(cause as Error).message}`,
      place: "library",
      value: path,
      remedy: `Give a library built for ${process.platform}/${process.arch}, or omit \`library\` to use the one in onnxruntime-node.`,
      cause,
    });
  }
}
const keptLibraries: LibraryHandle[] = [];

function runtimeError(place: string, text: string): EngineError {
  return new EngineError({
    code: "engine/runtime-failed",
    message: `${place}: onnxruntime says: ${text}`,
    place,
    value: text,
    remedy: "Check the graph and the shapes of the inputs. The message names the node that failed.",
    fault: "work",
  });
}

/** The `index`-th pointer of the array of pointers at `address`. */
export function pointerAt(address: Pointer, index: number): Pointer {
  return BigInt(koffi.decode.uint64(address + BigInt(index * 8)));
}

/** The null-terminated UTF-8 string at `address`. */
export function stringAt(address: Pointer): string {
  return koffi.decode.string(address);
}

/** The address of a typed array's first element. The array must stay reachable while native code uses it. */
export function addressOf(array: ArrayBufferView): Pointer {
  return koffi.address(array);
}

/** A view of native memory; valid only until its owner frees it, so copy from it at once. */
export function viewAt(address: Pointer, byteLength: number): ArrayBuffer {
  return koffi.view(address, byteLength);
}

/** The strings at addresses. */
const bytesAt = new WeakMap<BigUint64Array, readonly Uint8Array[]>();

/** Null-terminated UTF-8 strings with stable addresses, for functions that take an array of `const char*`. */
export class CStrings {
  /** Whoever has this list, such as a native call, keeps the strings from being collected. */
  readonly addresses: BigUint64Array;

  constructor(strings: readonly string[]) {
    const bytes = strings.map((text) => new TextEncoder().encode(`${text}\0`));
    this.addresses = BigUint64Array.from(bytes, (some) => addressOf(some));
    bytesAt.set(this.addresses, bytes);
  }

  get length(): number {
    return this.addresses.length;
  }
}
