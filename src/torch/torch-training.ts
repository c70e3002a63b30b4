// A model's parameters under PyTorch: loads them onto the ranks, adds up gradients of micro-batches, and updates with AdamW.
import { clipFactor, type Optimizer, refusedNorm } from "../engine/adamw.ts";
import type { Parameters } from "../engine/parameters.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import type { OperatorList } from "../graph/operator-list.ts";
import { type TensorEntry, TensorPacker } from "./frames.ts";
import { listingOf, type TorchEngine } from "./torch-engine.ts";

/** A dropout mask that a rank draws itself. */
export interface MaskSite {
  /** Name of the graph input. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Elements whose 16 random bits are below it are dropped. */
  readonly threshold: number;
  /** Value of the others. */
  readonly keep: number;
  /** Second half of the counter: the site. */
  readonly words: readonly [number, number];
}

/** A forward and backward pass of one micro-batch. */
export interface MicroBatch {
  /** Name of a graph given to `addGraph`. */
  readonly graph: string;
  /** Its inputs by name, parameters and drawn masks excepted. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Masks that the rank draws; absent: all masks are inputs. */
  readonly masks?:
    | { readonly sites: readonly MaskSite[]; readonly key: readonly [number, number]; readonly step: number }
    | undefined;
}

/** AdamW's constants. */
export interface TorchAdamWOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-8. */
  readonly epsilon?: number | undefined;
}

const ARRAYS = ["weights", "firstMoments", "secondMoments"] as const;
type ArrayName = (typeof ARRAYS)[number];

/** Elements per message, 64 MB: what both sides hold in addition to the arrays. */
const CHUNK = 2 ** 24;

/**
 * The training of one model on the engine's ranks. Weights and moments go to the ranks before the first step, and come back with `fetch`:
 * until then, the values in `Parameters` are those of the last `fetch`. Micro-batch i of a step runs on rank i modulo the number of ranks.
 */
export class TorchTraining implements Optimizer {
  readonly #engine: TorchEngine;
  readonly #parameters: Parameters;
  readonly #options: TorchAdamWOptions;
  readonly #graphs = new Set<string>();
  #loaded: Promise<void> | undefined;
  /** Arrays whose values on the host are older than those on the ranks. */
  readonly #stale = new Set<ArrayName>();

  constructor(engine: TorchEngine, parameters: Parameters, options: TorchAdamWOptions = {}) {
    this.#engine = engine;
    this.#parameters = parameters;
    this.#options = options;
  }

  /** Whether the ranks have a graph of this name. */
  hasGraph(name: string): boolean {
    return this.#graphs.has(name);
  }

  /** Gives the ranks a graph whose outputs `gradient/<parameter>` are gradients. @throws EngineError `torch/unknown-operator` */
  async addGraph(name: string, graph: OperatorList): Promise<void> {
    this.#engine.requireOperators(graph);
    await this.#load();
    const packer = new TensorPacker();
    const tensors = packer.add(
      Object.fromEntries(graph.constants.map(({ value, tensor }) => [String(value), tensor])),
    );
    await this.#engine.request({ kind: "program", name, listing: listingOf(graph), tensors }, packer.parts);
    this.#graphs.add(name);
  }

  /**
   * Runs micro-batches, at most one per rank, and adds their gradients to those of the step.
   *
   * @param first whether they are the first of the step
   * @returns each micro-batch's outputs other than gradients, numbers by name
   */
  async run(batches: readonly MicroBatch[], first: boolean): Promise<Readonly<Record<string, number>>[]> {
    await this.#load();
    const packer = new TensorPacker();
    const ranges: [number, number][] = Array.from({ length: this.#engine.ranks }, () => [0, 0]);
    const described = batches.map(({ graph, inputs, masks }, index) => {
      const begin = packer.bytes;
      const tensors: TensorEntry[] = packer.add(inputs);
      ranges[index] = [begin, packer.bytes];
      return { index, rank: index, program: graph, tensors, sites: masks?.sites ?? [], ...masksOf(masks) };
    });
    const header = { kind: "step", first, ranges, batches: described };
    const [answer] = await this.#engine.request(header, packer.parts);
    const results = answer!.header.results as readonly (readonly [number, Record<string, number | string>])[];
    return results.map(([, values]) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])),
    );
  }

  /** The ranks have added up the gradients already. */
  async accumulate(): Promise<void> {}

  async apply(
    step: number,
    learningRate: number,
    { maxGradientNorm, accumulated }: { maxGradientNorm?: number; accumulated: number },
  ): Promise<{ gradientNorm: number }> {
    const [answer] = await this.#engine.request({ kind: "norm" });
    const gradientNorm = Number(answer!.header.norm) / accumulated;
    const clip = clipFactor(gradientNorm, maxGradientNorm);
    if (clip === undefined) return { gradientNorm: refusedNorm(gradientNorm) };
    for (const array of ARRAYS) this.#stale.add(array);
    await this.#engine.request({ kind: "update", step, learningRate, gradientScale: clip / accumulated });
    return { gradientNorm };
  }

  /** Brings the values in `Parameters` up to date: the weights, or also the optimiser's moments. */
  async fetch(what: "weights" | "all"): Promise<void> {
    const arrays = (what === "weights" ? (["weights"] as const) : ARRAYS).filter((array) =>
      this.#stale.has(array),
    );
    for (const array of arrays) {
      const groups = this.#parameters.groups();
      const frames = await this.#engine.request({ kind: "fetch", arrays: [array], chunk: CHUNK });
      for (const { header, payload } of frames) {
        if (header.kind !== "part") continue;
        const target = groups[header.group as number]![array]; // the ranks have the groups of `#load`
        target.set(new Float32Array(payload.buffer), header.offset as number);
      }
      this.#stale.delete(array);
    }
  }

  /** Sends parameters and moments to the ranks, once. */
  #load(): Promise<void> {
    this.#loaded ??= this.#send();
    return this.#loaded;
  }

  async #send(): Promise<void> {
    const parameters = this.#parameters;
    const groups = parameters.groups();
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = this.#options;
    await this.#engine.request({
      kind: "parameters",
      beta1,
      beta2,
      epsilon,
      groups: groups.map((group) => {
        const { name, length, weightDecay, learningRateScale } = group;
        return { name, length, weightDecay, learningRateScale, parameters: parameters.members(group) };
      }),
    });
    for (const array of ARRAYS) {
      for (const [group, flat] of groups.entries()) {
        const values = flat[array];
        for (let offset = 0; offset < values.length; offset += CHUNK) {
          const part = values.subarray(offset, Math.min(offset + CHUNK, values.length));
          const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
          await this.#engine.request({ kind: "load", array, group, offset }, [bytes], false);
        }
      }
    }
    await this.#engine.request({ kind: "loaded" });
  }
}

function masksOf(masks: MicroBatch["masks"]) {
  return masks === undefined ? {} : { key: masks.key, step: masks.step };
}
