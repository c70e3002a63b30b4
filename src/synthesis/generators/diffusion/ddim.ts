// DDIM without noise of its own (Song et al. 2021, equation 12 with sigma = 0).
import { cumulativeAlphas, inferenceTimesteps } from "./noise-schedule.ts";
import { type CleanAndNoise, type Scheduler, splitSample } from "./scheduler.ts";
import type { SchedulerConfig } from "./scheduler-settings.ts";

/** @throws SynthesisError `synthesis/too-many-steps` */
export function ddim(config: SchedulerConfig, steps: number): Scheduler {
  const { prediction_type: type, clip_sample: clips, clip_sample_range: range } = config;
  const alphas = cumulativeAlphas(config);
  const finalAlpha = config.set_alpha_to_one ? 1 : (alphas[0] as number); // there is at least one timestep
  const stride = Math.floor(config.num_train_timesteps / steps);
  const timesteps = inferenceTimesteps(config, steps, true);
  return {
    timesteps,
    initialDeviation: 1,
    usesNoise: false,
    inputScale: () => 1,
    step({ index, output, sample }) {
      const timestep = timesteps[index] as number; // the loop runs over these timesteps
      const alpha = alphas[timestep] as number; // inferenceTimesteps keeps within the trained ones
      const before = timestep - stride < 0 ? finalAlpha : (alphas[timestep - stride] as number);
      const signal = Math.sqrt(before);
      const direction = Math.sqrt(1 - before);
      const split: CleanAndNoise = { clean: 0, noise: 0 };
      const next = new Float32Array(sample.length);
      for (let i = 0; i < next.length; i++) {
        splitSample(type, alpha, sample[i] as number, output[i] as number, split);
        const clean = clips ? Math.min(Math.max(split.clean, -range), range) : split.clean;
        next[i] = signal * clean + direction * split.noise;
      }
      return { sample: next, past: [] };
    },
  };
}
