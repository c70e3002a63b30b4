// Euler's method with ancestral noise: each step goes below its level and comes back up with new noise (Karras et al. 2022, section 4, with
// the amount of noise of ancestral sampling, Song et al. 2021b, equation 47).
import { cleanAtSigma, sigmaInputScale, sigmaSchedule } from "./euler.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SchedulerConfig } from "./scheduler-settings.ts";

/** @throws SynthesisError `synthesis/too-many-steps` */
export function eulerAncestral(config: SchedulerConfig, steps: number): Scheduler {
  const zeroEnd = { ...config, final_sigmas_type: "zero" } as const; // this scheduler knows no other end
  const { timesteps, sigmas, initialDeviation } = sigmaSchedule(zeroEnd, steps);
  return {
    timesteps,
    initialDeviation,
    usesNoise: true,
    inputScale: (index) => sigmaInputScale(sigmas[index] as number),
    step({ index, output, sample, noise = new Float32Array(sample.length) }) {
      const sigma = sigmas[index] as number; // one per timestep, and one more
      const target = sigmas[index + 1] as number;
      const up = Math.sqrt((target ** 2 * (sigma ** 2 - target ** 2)) / sigma ** 2);
      const down = Math.sqrt(target ** 2 - up ** 2);
      const next = new Float32Array(sample.length);
      for (let i = 0; i < next.length; i++) {
        const noisy = sample[i] as number;
        const clean = cleanAtSigma(config.prediction_type, sigma, noisy, output[i] as number);
        next[i] = noisy + ((noisy - clean) / sigma) * (down - sigma) + up * (noise[i] as number);
      }
      return { sample: next, past: [] };
    },
  };
}
