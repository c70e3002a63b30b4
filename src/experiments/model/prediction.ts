// A prediction graph at work: compiled once, its weights on the device where that has memory of its own.
import type { DeviceTensor, Runtime, Session } from "../../engine/index.ts";
import { type HostTensor, serialize, type Tensor } from "../../graph/index.ts";

export interface PredictionOptions {
  /** Declares the graph's outputs by name. */
  readonly graph: () => Readonly<Record<string, Tensor>>;
  readonly weightNames: readonly string[];
  readonly weight: (name: string) => HostTensor<"float32">;
  /** Weights that training goes on changing must not be kept in a copy. */
  readonly frozen: boolean;
  readonly label: string;
}

export class Prediction {
  readonly #runtime: Runtime;
  readonly #options: PredictionOptions;
  #session: Promise<Session> | undefined;
  #deviceWeights: ReadonlyMap<string, DeviceTensor> | undefined;

  constructor(runtime: Runtime, options: PredictionOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  /** The graph's outputs for one batch; inputs that the graph has no use for are left aside. */
  async run(batch: Readonly<Record<string, HostTensor>>): Promise<Readonly<Record<string, HostTensor>>> {
    this.#session ??= this.#compile();
    const session = await this.#session;
    const weights = this.#weightsOnDevice();
    const inputs = Object.fromEntries(
      session.inputs.map(({ name }) => [
        name,
        batch[name] ?? weights?.get(name) ?? this.#options.weight(name),
      ]),
    );
    return session.run(inputs);
  }

  async dispose(): Promise<void> {
    await (await this.#session)?.dispose();
    this.#session = undefined;
    for (const tensor of this.#deviceWeights?.values() ?? []) await tensor.dispose();
    this.#deviceWeights = undefined;
  }

  async #compile(): Promise<Session> {
    const spelling = this.#runtime.device === "webgpu" ? "webgpu" : "cpu";
    const { bytes } = serialize(this.#options.graph(), { spelling, graphName: this.#options.label });
    return this.#runtime.createSession(bytes, { label: this.#options.label });
  }

  /** Uploads frozen weights, once. */
  #weightsOnDevice(): ReadonlyMap<string, DeviceTensor> | undefined {
    const { frozen, weightNames, weight } = this.#options;
    if (!frozen || this.#runtime.device === "cpu") return undefined;
    this.#deviceWeights ??= new Map(weightNames.map((name) => [name, this.#runtime.upload(weight(name))]));
    return this.#deviceWeights;
  }
}
