// Runs a prediction graph: compiles it once, places its weights for the runtime, and runs batches in parallel on the cores.
import { mapConcurrently } from "../base/concurrently.ts";
import { EngineError } from "../base/errors.ts";
import type { Shape } from "../graph/dimension.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { suppliedValues } from "../graph/quantization.ts";
import { serialize } from "../graph/serialize.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DeviceTensor } from "./device-tensor.ts";
import { MAX_RUNS_AT_ONCE } from "./runs-at-once.ts";
import type { Runtime } from "./runtime.ts";
import type { Session } from "./session.ts";
import type { SharedConstants } from "./shared-constants.ts";

/**
 * "fp32", or "int8": large linear layers multiply eight-bit integers, which is two to four times as fast. Weights are rounded when the
 * graph is compiled, activations at every run; attention, normalisation and embeddings stay float32.
 */
export type Precision = "fp32" | "int8";

/** A graph, its weights, and how it runs. */
export interface PredictionOptions {
  /** Declares the graph's outputs by name. */
  readonly graph: () => Readonly<Record<string, Tensor>>;
  readonly weightNames: readonly string[];
  readonly weight: (name: string) => HostTensor<"float32">;
  /** Whether the weights never change; weights in training must not be copied. */
  readonly frozen: boolean;
  readonly label: string;
  /** Default "fp32"; "int8" is for frozen weights on the CPU. */
  readonly precision?: Precision | undefined;
  /** Frozen weights that other graphs read too; used in fp32 on the CPU. */
  readonly shared?: SharedConstants | undefined;
  /** Batches that run at a time; default: as many as the runtime's threads allow. Results do not depend on it. */
  readonly concurrency?: number | undefined;
}

type Inputs = Readonly<Record<string, HostTensor>>;

/** A linear layer narrower than this on either side stays float32: it costs little, and it is often a last layer before the scores. */
const SMALLEST_QUANTIZED_SIDE = 256;

/** Runs a graph on batches. Compiles it at the first batch; dispose of it when done. */
export class Prediction {
  readonly #runtime: Runtime;
  readonly #options: PredictionOptions;
  #session: Promise<Session> | undefined;
  #deviceWeights: ReadonlyMap<string, DeviceTensor> | undefined;

  /**
   * @throws EngineError `engine/int8-unavailable` for "int8" on a device other than the CPU or with weights that change,
   * `engine/bad-concurrency`
   */
  constructor(runtime: Runtime, options: PredictionOptions) {
    this.#runtime = runtime;
    this.#options = options;
    const isEightBit = options.precision === "int8";
    if (isEightBit && !(this.#supplies && runtime.spelling === "cpu"))
      throw int8Unavailable(runtime, options);
    const { concurrency = 1 } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1) throw badConcurrency(concurrency);
  }

  /** Batches that run at a time. One batch per core takes a fifth less time than one batch on two: no core waits for another. */
  get concurrency(): number {
    const { device, threads } = this.#runtime;
    if (device !== "cpu") return 1;
    return Math.min(this.#options.concurrency ?? MAX_RUNS_AT_ONCE, MAX_RUNS_AT_ONCE, threads);
  }

  /**
   * Returns the graph's outputs for one batch; inputs that the graph does not use are ignored. Calls may overlap.
   */
  async run(batch: Inputs): Promise<Readonly<Record<string, HostTensor>>> {
    const session = await this.#compiled();
    const weights = this.#weightsOnDevice();
    const inputs = Object.fromEntries(
      session.inputs.map(({ name }) => [
        name,
        batch[name] ?? weights?.get(name) ?? this.#options.weight(name),
      ]),
    );
    return session.run(inputs);
  }

  /**
   * Runs `batches`, `concurrency` at a time. Calls `inputs` shortly before a batch runs and `take` as soon as its outputs are ready, in
   * the order in which batches end. After the first failure it waits for the batches in flight, then throws.
   */
  async runAll<Batch>(
    batches: readonly Batch[],
    inputs: (batch: Batch) => Inputs,
    take: (batch: Batch, outputs: Readonly<Record<string, HostTensor>>) => void,
  ): Promise<void> {
    await mapConcurrently(batches, this.concurrency, async (batch) =>
      take(batch, await this.run(inputs(batch))),
    );
  }

  /** Releases the sessions; further calls do nothing. */
  async dispose(): Promise<void> {
    const [session] = await Promise.allSettled([this.#session]);
    if (session.status === "fulfilled") await session.value?.dispose();
    this.#session = undefined;
    for (const tensor of this.#deviceWeights?.values() ?? []) await tensor.dispose();
    this.#deviceWeights = undefined;
  }

  /** Whether the weights are constants that onnxruntime has rearranged for its kernels. */
  get #supplies(): boolean {
    return this.#options.frozen && this.#runtime.device === "cpu";
  }

  #compiled(): Promise<Session> {
    this.#session ??= this.#compile();
    return this.#session;
  }

  async #compile(): Promise<Session> {
    const { graph, label, weight, precision, shared } = this.#options;
    const threads = Math.max(1, Math.floor(this.#runtime.threads / MAX_RUNS_AT_ONCE));
    if (!this.#supplies) {
      const { device } = this.#runtime;
      const { spelling } = this.#runtime;
      const { bytes } = serialize(graph(), { spelling, graphName: label });
      return this.#runtime.createSession(bytes, { label, ...(device === "cpu" ? { threads } : {}) });
    }
    const program = serialize(graph(), {
      spelling: this.#runtime.spelling,
      graphName: label,
      supplyParameters: true,
      ...(precision === "int8" ? { quantize: isLarge } : {}),
    });
    return this.#runtime.createSession(program.bytes, {
      label,
      threads,
      supplied: suppliedValues(program, weight),
      ...(precision === "int8" ? {} : { shared }),
    });
  }

  /** Uploads frozen weights, once. */
  #weightsOnDevice(): ReadonlyMap<string, DeviceTensor> | undefined {
    const { frozen, weightNames, weight } = this.#options;
    if (!frozen || this.#runtime.device === "cpu") return undefined;
    this.#deviceWeights ??= new Map(weightNames.map((name) => [name, this.#runtime.upload(weight(name))]));
    return this.#deviceWeights;
  }
}

function isLarge(_weight: string, shape: Shape): boolean {
  return shape.every((size) => typeof size === "number" && size >= SMALLEST_QUANTIZED_SIDE);
}

function int8Unavailable({ device, spelling }: Runtime, { frozen, label }: PredictionOptions): EngineError {
  const where = spelling === "onnx" ? "a plugin provider" : `device "${device}"`;
  const reason = frozen
    ? `${where} does not support eight-bit matrix products`
    : "its weights are being trained";
  return new EngineError({
    code: "engine/int8-unavailable",
    message: `${label}: precision "int8" cannot be used here: ${reason}`,
    place: "precision",
    value: "int8",
    remedy: 'Use precision "fp32", or load a trained model on the CPU.',
  });
}

function badConcurrency(concurrency: number): EngineError {
  return new EngineError({
    code: "engine/bad-concurrency",
    message: `concurrency must be an integer of at least 1, got ${concurrency}`,
    place: "concurrency",
    value: concurrency,
    remedy: "Omit it to run as many batches at a time as the threads allow.",
  });
}
