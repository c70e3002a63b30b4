// PLMS: the linear multistep part of PNDM (Liu et al. 2022, equations 9 and 12), as Stable Diffusion uses it: a first step corrected by
// a second look at the same timestep (Heun), then Adams-Bashforth of growing order up to four.
import { SynthesisError } from "../../../base/errors.ts";
import { cumulativeAlphas, inferenceTimesteps } from "./noise-schedule.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SchedulerConfig } from "./scheduler-settings.ts";

/** Weights of the latest outputs, the newest first, by how many there are (Adams-Bashforth). */
const WEIGHTS: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];
const ORDER = WEIGHTS.length;

/** @throws SynthesisError `synthesis/too-many-steps` */
export function pndm(config: SchedulerConfig, steps: number): Scheduler {
  const alphas = cumulativeAlphas(config);
  const finalAlpha = config.set_alpha_to_one ? 1 : (alphas[0] as number); // there is at least one timestep
  const stride = Math.floor(config.num_train_timesteps / steps);
  const [first, second, ...others] = inferenceTimesteps(config, steps, true) as [number, ...number[]];
  const timesteps = second === undefined ? [first] : [first, second, second, ...others];
  if (second !== undefined && second + stride >= alphas.length) {
    throw new SynthesisError({
      code: "synthesis/too-many-steps",
      message: `with ${steps} steps, the second one starts beyond the ${alphas.length} timesteps of training`,
      place: "steps",
      value: steps,
      remedy: "Use fewer steps; 20 to 50 are usual.",
    });
  }
  const alphaAt = (timestep: number) => (timestep < 0 ? finalAlpha : (alphas[timestep] as number));
  return {
    timesteps,
    initialDeviation: 1,
    usesNoise: false,
    inputScale: () => 1,
    step({ index, output, sample, past }) {
      const timestep = timesteps[index] as number; // the loop runs over these timesteps
      if (index === 1) {
        // Again from the start, with the mean of the slopes at both ends.
        const [slope, start] = past as [Float32Array, Float32Array];
        const mean = combine([output, slope], [1 / 2, 1 / 2]);
        return {
          sample: transfer(config, start, mean, alphaAt(timestep + stride), alphaAt(timestep)),
          past: [slope],
        };
      }
      const slopes = [output, ...past].slice(0, ORDER);
      const slope = combine(slopes, WEIGHTS[slopes.length - 1] as readonly number[]); // 1 to ORDER of them
      return {
        sample: transfer(config, sample, slope, alphaAt(timestep), alphaAt(timestep - stride)),
        past: index === 0 ? [output, sample] : slopes.slice(0, ORDER - 1),
      };
    },
  };
}

function combine(arrays: readonly Float32Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(arrays[0]?.length ?? 0);
  for (const [a, array] of arrays.entries()) {
    const weight = weights[a] as number;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (array[i] as number);
  }
  return sum;
}

/** From the noise level of `alpha` to that of `before` (PNDM's equation 9). */
function transfer(
  config: SchedulerConfig,
  sample: Float32Array,
  slope: Float64Array,
  alpha: number,
  before: number,
): Float32Array {
  const isVelocity = config.prediction_type === "v_prediction";
  const scale = Math.sqrt(before / alpha);
  const divisor = alpha * Math.sqrt(1 - before) + Math.sqrt(alpha * (1 - alpha) * before);
  const next = new Float32Array(sample.length);
  for (let i = 0; i < next.length; i++) {
    const noisy = sample[i] as number;
    const given = slope[i] as number;
    const noise = isVelocity ? Math.sqrt(alpha) * given + Math.sqrt(1 - alpha) * noisy : given;
    next[i] = scale * noisy - ((before - alpha) * noise) / divisor;
  }
  return next;
}
