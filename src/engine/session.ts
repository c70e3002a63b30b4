// A loaded ONNX graph: checks its inputs, runs off the main thread, writes outputs in place.
import type { HostTensor } from "../graph/host-tensor.ts";
import type { TensorSpec } from "../graph/onnx-node.ts";
import { DeviceTensor } from "./device-tensor.ts";
import type { Environment } from "./environment.ts";
import { keepInUse } from "./in-use.ts";
import { Lifetime } from "./lifetime.ts";
import { copyTensor, readSpecs, wrapTensor } from "./native-values.ts";
import { addressOf, CStrings, type Pointer, pointerAt, stringAt } from "./ort-api.ts";
import { type AxisSizes, checkFits, checkMemory, checkNames } from "./tensor-checks.ts";

/** Tensors by the names of a model's inputs. */
export type SessionInputs = Readonly<Record<string, HostTensor | DeviceTensor>>;
/** Where each output goes: into this tensor, or into memory that the run allocates. */
export type SessionOutputs = Readonly<Record<string, HostTensor | DeviceTensor | "allocate">>;

/** Arguments that `Runtime.createSession` passes to a new session. */
export interface SessionResources {
  readonly environment: Environment;
  readonly pointer: Pointer;
  readonly label: string;
  /** Whether graphs run on a device with separate memory. */
  readonly onDevice: boolean;
  /** Constants that native code reads as long as the session lives; this reference prevents their garbage collection. */
  readonly supplied: ReadonlyMap<string, HostTensor> | undefined;
  onDispose(session: Session): void;
}

interface Run {
  readonly place: string;
  readonly inputs: readonly (readonly [string, HostTensor | DeviceTensor])[];
  readonly outputs: readonly (readonly [string, HostTensor | DeviceTensor | "allocate"])[];
}

/**
 * A graph loaded into onnxruntime. Runs may overlap; they wait for one another if the device requires it.
 *
 * @example
 * import type { Session } from "relata/engine";
 * import { hostTensor } from "relata/graph";
 *
 * declare const session: Session;
 * const { logits } = await session.run({ input_ids: hostTensor("int64", [1, 3], [101, 2023, 102]) });
 */
export class Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly #resources: SessionResources;
  readonly #lifetime: Lifetime;
  readonly #inputSpecs: ReadonlyMap<string, TensorSpec>;
  readonly #outputSpecs: ReadonlyMap<string, TensorSpec>;
  readonly #names: CStrings;
  readonly #nameAddress: ReadonlyMap<string, Pointer>;

  /** @internal for the runtime; use `Runtime.createSession` */
  constructor(resources: SessionResources) {
    const { environment, pointer, label } = resources;
    this.#resources = resources;
    this.#lifetime = new Lifetime(`session ${label}`);
    this.inputs = readSpecs(environment, `session ${label}`, pointer, "Input");
    this.outputs = readSpecs(environment, `session ${label}`, pointer, "Output");
    this.#inputSpecs = new Map(this.inputs.map((spec) => [spec.name, spec]));
    this.#outputSpecs = new Map(this.outputs.map((spec) => [spec.name, spec]));
    const names = [...this.#inputSpecs.keys(), ...this.#outputSpecs.keys()];
    this.#names = new CStrings(names);
    this.#nameAddress = new Map(names.map((name, i) => [name, this.#names.addresses[i] as Pointer]));
  }

  /**
   * Runs the graph on a worker thread; timers and requests continue meanwhile.
   *
   * Tensors passed in must not be changed, transferred or passed to another run as an output until the promise settles. An
   * output tensor may share its memory with an input only if the graph reads that input element by element.
   *
   * @param outputs the outputs to compute and where to put them; default: all of them, newly allocated
   * @returns the host tensors of the computed outputs (in-place ones are the tensors passed in)
   * @throws EngineError `engine/unknown-input`, `engine/missing-input`, `engine/unknown-output`, `engine/wrong-dtype`,
   * `engine/wrong-shape`, `engine/wrong-array`, `engine/wrong-element-count`, `engine/detached-buffer`,
   * `engine/resizable-buffer`, `engine/disposed` before anything runs; `engine/runtime-failed` when onnxruntime fails.
   */
  async run(inputs: SessionInputs, outputs?: SessionOutputs): Promise<Record<string, HostTensor>> {
    const place = `session ${this.#resources.label}`;
    this.#lifetime.check();
    const run: Run = {
      place,
      inputs: Object.entries(inputs),
      outputs: outputs
        ? Object.entries(outputs)
        : this.outputs.map(({ name }) => [name, "allocate"] as const),
    };
    this.#check(run);
    const tensors = [...run.inputs, ...run.outputs].flatMap(([, t]) =>
      t instanceof DeviceTensor ? [t] : [],
    );
    for (const tensor of tensors) tensor.lifetime.check();
    for (const tensor of tensors) tensor.lifetime.enter();
    this.#lifetime.enter();
    try {
      for (const tensor of tensors) await tensor.storage.value; // before this run takes its turn, because an upload also needs one
      return await this.#runInTurn(run);
    } finally {
      this.#lifetime.leave();
      for (const tensor of tensors) tensor.lifetime.leave();
    }
  }

  #check(run: Run): void {
    const { place } = run;
    const sizes: AxisSizes = new Map();
    checkNames(
      place,
      "input",
      run.inputs.map(([name]) => name),
      this.#inputSpecs,
      false,
    );
    checkNames(
      place,
      "output",
      run.outputs.map(([name]) => name),
      this.#outputSpecs,
      true,
    );
    for (const [name, tensor] of run.inputs) {
      checkFits(place, this.#inputSpecs.get(name) as TensorSpec, tensor, sizes, "input");
    }
    for (const [name, tensor] of run.outputs) {
      if (tensor !== "allocate") {
        checkFits(place, this.#outputSpecs.get(name) as TensorSpec, tensor, sizes, "output");
      }
    }
    this.#checkMemory(run);
  }

  #checkMemory(run: Run): void {
    for (const [name, tensor] of [...run.inputs, ...run.outputs]) {
      if (tensor !== "allocate" && !(tensor instanceof DeviceTensor)) checkMemory(run.place, name, tensor);
    }
  }

  async #runInTurn(run: Run): Promise<Record<string, HostTensor>> {
    const { environment, onDevice } = this.#resources;
    const gate = onDevice ? environment.deviceGate : environment.cpuGate;
    const turn = gate.take();
    try {
      if (turn !== undefined) {
        await turn;
        this.#checkMemory(run); // a buffer may have been transferred while the run waited
      }
      return await (onDevice ? this.#runBound(run) : this.#runDirect(run));
    } finally {
      gate.give();
    }
  }

  /** On the CPU: tensors are passed by address; onnxruntime allocates outputs without memory, and they are copied. */
  async #runDirect({ place, inputs, outputs }: Run): Promise<Record<string, HostTensor>> {
    const { environment, pointer } = this.#resources;
    const { api } = environment;
    const inputValues = new BigUint64Array(inputs.length);
    const outputValues = new BigUint64Array(outputs.length);
    const inputNames = this.#addresses(inputs);
    const outputNames = this.#addresses(outputs);
    // Native code reads and writes them until the call ends.
    const held: unknown[] = [this.#names, inputNames, outputNames, inputValues, outputValues];
    const release = keepInUse(held);
    const wrap = (tensor: HostTensor | DeviceTensor): Pointer => {
      const host = tensor instanceof DeviceTensor ? (tensor.storage.host as HostTensor) : tensor;
      held.push(host);
      return wrapTensor(environment, place, host);
    };
    try {
      inputs.forEach(([, tensor], i) => {
        inputValues[i] = wrap(tensor);
      });
      outputs.forEach(([, tensor], i) => {
        if (tensor !== "allocate") outputValues[i] = wrap(tensor);
      });
      await api.callAsync(
        "Run",
        place,
        pointer,
        environment.runOptions,
        addressOf(inputNames),
        addressOf(inputValues),
        inputs.length,
        addressOf(outputNames),
        outputs.length,
        addressOf(outputValues),
      );
      return resultsOf(environment, { place, outputs }, outputValues);
    } finally {
      release();
      for (const value of inputValues) if (value !== 0n) api.call("ReleaseValue", place, value);
      for (const value of outputValues) if (value !== 0n) api.call("ReleaseValue", place, value);
    }
  }

  #addresses(tensors: readonly (readonly [string, unknown])[]): BigUint64Array {
    return BigUint64Array.from(tensors, ([name]) => this.#nameAddress.get(name) as Pointer);
  }

  /** On a device: tensors are bound, so that device tensors stay in place and host tensors are copied to it. */
  async #runBound({ place, inputs, outputs }: Run): Promise<Record<string, HostTensor>> {
    const { environment, pointer } = this.#resources;
    const { api } = environment;
    const values: Pointer[] = [];
    const held: HostTensor[] = [];
    const release = keepInUse(held);
    const ortValue = async (tensor: HostTensor | DeviceTensor): Promise<Pointer> => {
      if (tensor instanceof DeviceTensor) return (await tensor.storage.value) as Pointer; // arrived already
      held.push(tensor);
      const value = wrapTensor(environment, place, tensor);
      values.push(value);
      return value;
    };
    const binding = api.create("CreateIoBinding", place, pointer);
    try {
      for (const [name, tensor] of inputs)
        api.call("BindInput", place, binding, name, await ortValue(tensor));
      for (const [name, tensor] of outputs) {
        if (tensor === "allocate")
          api.call("BindOutputToDevice", place, binding, name, environment.cpuMemory);
        else api.call("BindOutput", place, binding, name, await ortValue(tensor));
      }
      await api.callAsync("RunWithBinding", place, pointer, environment.runOptions, binding);
      api.call("SynchronizeBoundOutputs", place, binding);
      return this.#collectBound(place, binding, outputs);
    } finally {
      release();
      api.call("ReleaseIoBinding", place, binding);
      for (const value of values) api.call("ReleaseValue", place, value);
    }
  }

  #collectBound(place: string, binding: Pointer, outputs: Run["outputs"]): Record<string, HostTensor> {
    const { environment } = this.#resources;
    const { api, allocator } = environment;
    const out = new BigUint64Array(2);
    api.call("GetBoundOutputValues", place, binding, allocator, out.subarray(0, 1), out.subarray(1));
    const [list = 0n, count = 0n] = out;
    const bound = Array.from({ length: Number(count) }, (_, i) => pointerAt(list, i));
    try {
      return resultsOf(environment, { place, outputs }, bound);
    } finally {
      for (const value of bound) api.call("ReleaseValue", place, value);
      if (list !== 0n) api.call("AllocatorFree", place, allocator, list);
    }
  }

  /** Ends profiling and returns the path of the file that was written. */
  endProfiling(): string {
    const { environment, pointer, label } = this.#resources;
    const place = `session ${label}`;
    this.#lifetime.check();
    const text = environment.api.create("SessionEndProfiling", place, pointer, environment.allocator);
    const path = stringAt(text);
    environment.api.call("AllocatorFree", place, environment.allocator, text);
    return path;
  }

  /** Waits for the runs in flight, then frees the graph. Further calls do nothing. */
  dispose(): Promise<void> {
    const { environment, pointer, label } = this.#resources;
    return this.#lifetime.end(() => {
      environment.api.call("ReleaseSession", `session ${label}`, pointer);
      this.#resources.onDispose(this);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Outputs on the host: copies of those that onnxruntime allocated, and the tensors that were passed in. */
function resultsOf(
  { api }: Environment,
  { place, outputs }: Pick<Run, "place" | "outputs">,
  values: ArrayLike<Pointer>,
): Record<string, HostTensor> {
  const result: Record<string, HostTensor> = {};
  outputs.forEach(([name, tensor], i) => {
    if (tensor === "allocate") result[name] = copyTensor(api, place, values[i] as Pointer);
    else if (!(tensor instanceof DeviceTensor)) result[name] = tensor;
  });
  return result;
}
