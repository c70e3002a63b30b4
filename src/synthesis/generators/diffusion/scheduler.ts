// The interface of schedulers for the denoising loop, and their common computation of the clean sample and
// the noise from a network's output. Samples are flat arrays; arithmetic is in doubles, what is kept is
// float32.
import type { SchedulerConfig } from "./scheduler-settings.ts";

/** One call of the network and what the loop has at that point. */
export interface StepInputs {
  /** Position in `Scheduler.timesteps`. */
  readonly index: number;
  /** The network's output, guidance applied; as long as `sample`. */
  readonly output: Float32Array;
  /** The noisy sample before this step, not scaled. */
  readonly sample: Float32Array;
  /** What the step before gave as `past`; empty at the first. */
  readonly past: readonly Float32Array[];
  /** Standard normal numbers, as many as the sample has; only where the scheduler `usesNoise`. */
  readonly noise: Float32Array | undefined;
}

export interface StepResult {
  readonly sample: Float32Array;
  /** Handed to the next step unchanged. */
  readonly past: readonly Float32Array[];
}

/** A scheduler for one number of steps. It holds constants only: the same inputs always give the same result. */
export interface Scheduler {
  /** The network's timestep at each call, most noise first. */
  readonly timesteps: readonly number[];
  /** Standard deviation of the Gaussian noise that the loop begins with. */
  readonly initialDeviation: number;
  /** Whether `step` adds new noise. */
  readonly usesNoise: boolean;
  /** Factor for the sample before the network. */
  inputScale(index: number): number;
  step(inputs: StepInputs): StepResult;
}

/** Makes the scheduler of a configuration for a number of steps. */
export type SchedulerOpener = (config: SchedulerConfig, steps: number) => Scheduler;

export type PredictionType = "epsilon" | "v_prediction" | "sample";

/** x_0 and the noise at one element. */
export interface CleanAndNoise {
  clean: number;
  noise: number;
}

/**
 * Splits x_t = sqrt(alpha) x_0 + sqrt(1 - alpha) noise by what the network gives: the noise (Ho et al. 2020), x_0, or
 * v = sqrt(alpha) noise - sqrt(1 - alpha) x_0 (Salimans and Ho 2022, appendix D).
 *
 * @param alpha cumulative product of the alphas at this timestep
 * @param into where the two numbers are put; given by the caller, so that a loop over elements allocates nothing
 */
export function splitSample(
  prediction: PredictionType,
  alpha: number,
  sample: number,
  output: number,
  into: CleanAndNoise,
): void {
  const signal = Math.sqrt(alpha);
  const spread = Math.sqrt(1 - alpha);
  switch (prediction) {
    case "epsilon":
      into.clean = (sample - spread * output) / signal;
      into.noise = output;
      return;
    case "v_prediction":
      into.clean = signal * sample - spread * output;
      into.noise = signal * output + spread * sample;
      return;
    case "sample":
      into.clean = output;
      into.noise = (sample - signal * output) / spread;
      return;
    default: {
      prediction satisfies never;
    }
  }
}
