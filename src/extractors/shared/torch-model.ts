// A model whose training steps run under PyTorch: plans micro-batches as any model does, and hands them to the engine's ranks.
import type { Parameters } from "../../engine/parameters.ts";
import { evaluateDimension } from "../../graph/dimension.ts";
import { listOperators } from "../../graph/operator-list.ts";
import type { DropoutSite } from "../../nn/dropout.ts";
import type { TorchEngine } from "../../torch/torch-engine.ts";
import { type MaskSite, type MicroBatch, TorchTraining } from "../../torch/torch-training.ts";
import type { ModelParameters, StepAddress, StepResult, TrainingModel } from "../../training/model.ts";
import { maskDraw } from "../../training/random.ts";
import { DropoutMasks, maskSite } from "./batch-inputs.ts";
import { type StepTask, stepGraph } from "./step-graph.ts";

/** A graph's masks: their sites, and buffers to draw them in for every rank. */
interface GraphMasks {
  readonly sites: readonly DropoutSite[];
  readonly buffers: readonly DropoutMasks[];
}

/** Made by `GraphModel.trainedBy`. */
export class TorchModel<Example> implements TrainingModel<Example> {
  readonly parameters: ModelParameters;
  /** AdamW over this model's gradients. */
  readonly optimizer: TorchTraining;
  readonly #task: StepTask<Example> & { lengthOf(example: Example): number };
  readonly #engine: TorchEngine;
  readonly #masks = new Map<string, GraphMasks>();

  constructor(
    task: StepTask<Example> & { lengthOf(example: Example): number },
    parameters: Parameters,
    engine: TorchEngine,
  ) {
    this.#task = task;
    this.#engine = engine;
    this.optimizer = new TorchTraining(engine, parameters);
    this.parameters = {
      names: () => parameters.names(),
      trainedNames: () => parameters.trainedNames(),
      weight: (name) => parameters.weight(name),
      firstMoment: (name) => parameters.firstMoment(name),
      secondMoment: (name) => parameters.secondMoment(name),
      fetch: (what) => this.optimizer.fetch(what),
    };
  }

  lengthOf(example: Example): number {
    return this.#task.lengthOf(example);
  }

  async step(examples: readonly Example[], at: StepAddress): Promise<StepResult> {
    const [result] = await this.#run([{ examples, at }], at.microStep === 0);
    return result!;
  }

  async stepAll(
    microBatches: readonly (readonly Example[])[],
    at: Omit<StepAddress, "microStep">,
  ): Promise<readonly StepResult[]> {
    const results: StepResult[] = [];
    const { ranks } = this.#engine;
    for (let begin = 0; begin < microBatches.length; begin += ranks) {
      const round = microBatches
        .slice(begin, begin + ranks)
        .map((examples, i) => ({ examples, at: { ...at, microStep: begin + i } }));
      results.push(...(await this.#run(round, begin === 0)));
    }
    return results;
  }

  async #run(
    round: readonly { readonly examples: readonly Example[]; readonly at: StepAddress }[],
    first: boolean,
  ): Promise<StepResult[]> {
    const batches: MicroBatch[] = [];
    for (const [rank, { examples, at }] of round.entries()) {
      const { variant, inputs, sizes } = this.#task.planStep(examples, at);
      const masks = await this.#graph(variant);
      batches.push(
        this.#engine.drawsMasks
          ? { graph: variant, inputs, masks: drawnMasks(masks.sites, sizes, at) }
          : { graph: variant, inputs: { ...inputs, ...masks.buffers[rank]!.fill(sizes, at) } },
      );
    }
    const results = await this.optimizer.run(batches, first);
    return results.map(({ loss, ...terms }) => ({ loss: loss!, terms }));
  }

  /** Gives the ranks the graph of this variant, once. */
  async #graph(variant: string): Promise<GraphMasks> {
    const known = this.#masks.get(variant);
    if (known !== undefined) return known;
    const { outputs, sites } = stepGraph(this.#task, variant);
    await this.optimizer.addGraph(variant, listOperators(outputs));
    const buffers = Array.from({ length: this.#engine.ranks }, () => new DropoutMasks(sites));
    const masks = { sites, buffers };
    this.#masks.set(variant, masks);
    return masks;
  }
}

/** The masks of a micro-batch, for a rank to draw. */
function drawnMasks(
  sites: readonly DropoutSite[],
  sizes: ReadonlyMap<string, number>,
  { seed, step, microStep }: StepAddress,
): MicroBatch["masks"] {
  if (sites.length === 0) return undefined;
  const draws = sites.map(({ name, shape, probability }): MaskSite & { key: readonly [number, number] } => ({
    name,
    shape: shape.map((dimension) => evaluateDimension(dimension, sizes)!), // sites use the graph's own named sizes
    ...maskDraw(probability, seed, step, maskSite(name, microStep)),
  }));
  const [{ key }] = draws as [(typeof draws)[number]];
  return { sites: draws, key, step };
}
