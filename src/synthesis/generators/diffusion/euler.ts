// Euler's method on the probability flow (Karras et al. 2022, algorithm 1 without churn): the sample is x_0 + sigma * noise.
import { inferenceTimesteps, interpolate, trainingSigmas } from "./noise-schedule.ts";
import type { PredictionType, Scheduler } from "./scheduler.ts";
import type { SchedulerConfig } from "./scheduler-settings.ts";

/** Noise levels of a run: `sigmas` has one more than there are timesteps, the level after the last. */
export interface SigmaSchedule {
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
  /** Deviation that the first sample must have. */
  readonly initialDeviation: number;
}

/** @throws SynthesisError `synthesis/too-many-steps` */
export function euler(config: SchedulerConfig, steps: number): Scheduler {
  const { timesteps, sigmas, initialDeviation } = sigmaSchedule(config, steps);
  return {
    timesteps,
    initialDeviation,
    usesNoise: false,
    inputScale: (index) => sigmaInputScale(sigmas[index] as number),
    step({ index, output, sample }) {
      const sigma = sigmas[index] as number; // one per timestep, and one more
      const move = (sigmas[index + 1] as number) - sigma;
      const next = new Float32Array(sample.length);
      for (let i = 0; i < next.length; i++) {
        const noisy = sample[i] as number;
        const clean = cleanAtSigma(config.prediction_type, sigma, noisy, output[i] as number);
        next[i] = noisy + ((noisy - clean) / sigma) * move;
      }
      return { sample: next, past: [] };
    },
  };
}

/** The levels of both of Euler's schedulers. */
export function sigmaSchedule(config: SchedulerConfig, steps: number): SigmaSchedule {
  const trained = trainingSigmas(config);
  const timesteps = inferenceTimesteps(config, steps, false);
  const levels = timesteps.map((timestep) => interpolate(trained, timestep));
  const last = config.final_sigmas_type === "zero" ? 0 : (trained[0] as number);
  const largest = Math.max(...levels);
  return {
    timesteps,
    sigmas: [...levels, last],
    initialDeviation: config.timestep_spacing === "leading" ? Math.sqrt(largest ** 2 + 1) : largest,
  };
}

/** Brings x_0 + sigma * noise back to the variance that the network was trained with. */
export function sigmaInputScale(sigma: number): number {
  return 1 / Math.sqrt(sigma ** 2 + 1);
}

/** x_0 of a sample x_0 + sigma * noise, by what the network gives. */
export function cleanAtSigma(
  prediction: PredictionType,
  sigma: number,
  sample: number,
  output: number,
): number {
  switch (prediction) {
    case "epsilon":
      return sample - sigma * output;
    case "v_prediction":
      return sample / (sigma ** 2 + 1) - (output * sigma) / Math.sqrt(sigma ** 2 + 1);
    case "sample":
      return output;
    default:
      return prediction satisfies never;
  }
}
