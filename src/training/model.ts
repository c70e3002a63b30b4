// The interfaces of models and optimisers that the trainer needs.
import type { HostTensor } from "../graph/host-tensor.ts";

/** Weights and the optimiser's moments by name, as live tensors; the engine's `Parameters` implements it. */
export interface ModelParameters {
  /** All parameters, in a fixed order. */
  names(): readonly string[];
  /** The trained parameters: all but the frozen ones. */
  trainedNames(): readonly string[];
  /** Values of a parameter. */
  weight(name: string): HostTensor<"float32">;
  /** Mean of its gradients, as AdamW keeps it. */
  firstMoment(name: string): HostTensor<"float32">;
  /** Mean of their squares. */
  secondMoment(name: string): HostTensor<"float32">;
  /**
   * Brings the values up to date if they are trained in another memory: the weights, or also the moments. Absent: they always are. Values
   * that were written before the first step take part in it.
   */
  fetch?(what: "weights" | "all"): Promise<void>;
}

/** The position of a micro-batch in the run: every random draw of a model is a function of it and a site. */
export interface StepAddress {
  readonly seed: number;
  /** Finished optimiser steps: 0 for the first. */
  readonly step: number;
  /** Finished passes over the examples. */
  readonly epoch: number;
  /** Finished micro-batches of this step: 0 without accumulation. */
  readonly microStep: number;
}

/** The loss of one micro-batch, in nats. */
export interface StepResult {
  /** Mean loss of the micro-batch. */
  readonly loss: number;
  /** The loss's parts, for the log: `{ classification, semantic }`. */
  readonly terms: Readonly<Record<string, number>>;
}

/** The interface of a model that the trainer needs. */
export interface TrainingModel<Example> {
  readonly parameters: ModelParameters;
  /** Tokens of an example, without padding. */
  lengthOf(example: Example): number;
  /** The weights to save as a model, where they are not those of `parameters`; undefined, or absent: they are. */
  savedWeights?(): Readonly<Record<string, HostTensor>> | undefined;
  /** Forward and backward pass of one micro-batch; leaves its gradients in `parameters`. */
  step(examples: readonly Example[], at: StepAddress): Promise<StepResult>;
  /**
   * The same for all micro-batches of a step, which may then run side by side; leaves the sum of their gradients where the optimiser
   * reads it. Absent: `step` is called for one after the other.
   */
  stepAll?(
    microBatches: readonly (readonly Example[])[],
    at: Omit<StepAddress, "microStep">,
  ): Promise<readonly StepResult[]>;
}
