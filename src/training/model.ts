// What the trainer asks of a model and an optimiser; it knows nothing else about them.
import type { HostTensor } from "../graph/host-tensor.ts";

/** Weights and the optimiser's moments by name, as live tensors; the engine's `Parameters` fits. */
export interface ModelParameters {
  /** All parameters, in a fixed order. */
  names(): readonly string[];
  /** Those that are trained: all but the frozen ones. */
  trainedNames(): readonly string[];
  /** Values of a parameter. */
  weight(name: string): HostTensor<"float32">;
  /** Mean of its gradients, as AdamW keeps it. */
  firstMoment(name: string): HostTensor<"float32">;
  /** Mean of their squares. */
  secondMoment(name: string): HostTensor<"float32">;
}

/** Where a micro-batch stands: every random draw of a model is a function of this and a site. */
export interface StepAddress {
  readonly seed: number;
  /** Optimiser steps that are done: 0 for the first. */
  readonly step: number;
  /** Passes over the examples that are done. */
  readonly epoch: number;
  /** Micro-batches of this step that are done: 0 without accumulation. */
  readonly microStep: number;
}

/** The loss of one micro-batch, in nats. */
export interface StepResult {
  /** Mean loss of the micro-batch. */
  readonly loss: number;
  /** The loss's parts, for the log: `{ classification, semantic }`. */
  readonly terms: Readonly<Record<string, number>>;
}

/** What the trainer asks of a model. */
export interface TrainingModel<Example> {
  readonly parameters: ModelParameters;
  /** Tokens of an example, without padding. */
  lengthOf(example: Example): number;
  /** Forward and backward pass of one micro-batch; leaves its gradients in `parameters`. */
  step(examples: readonly Example[], at: StepAddress): Promise<StepResult>;
}
