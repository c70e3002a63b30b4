// The share of signal at each training timestep, and the timesteps at which the network is called.
import { SynthesisError } from "../../../base/errors.ts";
import type { SchedulerConfig } from "./scheduler-settings.ts";

const MAX_BETA = 0.999; // Nichol and Dhariwal 2021, section 3.2
const COSINE_OFFSET = 0.008; // the same, equation 17
/** Stands for the alpha of 0 that rescaling gives the last timestep, where a sigma must be finite: the smallest half. */
const SMALLEST_ALPHA = 2 ** -24;

/** Cumulative products of alpha = 1 - beta, one per training timestep. */
export function cumulativeAlphas(config: SchedulerConfig): Float64Array {
  const betas = trainingBetas(config);
  const alphas = new Float64Array(betas.length);
  let product = 1;
  for (const [i, beta] of betas.entries()) {
    product *= 1 - beta;
    alphas[i] = product;
  }
  return config.rescale_betas_zero_snr ? withoutFinalSignal(alphas) : alphas;
}

/** sqrt((1 - alpha) / alpha) for every training timestep: the noise's deviation where the signal's is 1. */
export function trainingSigmas(config: SchedulerConfig): Float64Array {
  const alphas = cumulativeAlphas(config);
  if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = SMALLEST_ALPHA;
  return alphas.map((alpha) => Math.sqrt((1 - alpha) / alpha));
}

/**
 * The timesteps of `steps` calls, the largest first (Lin et al. 2024, table 2): `leading` and `trailing` are whole numbers;
 * `linspace` is rounded when `whole` is set.
 *
 * @throws SynthesisError `synthesis/too-many-steps` when a timestep would lie beyond those the network was trained with
 */
export function inferenceTimesteps(config: SchedulerConfig, steps: number, whole: boolean): number[] {
  const { num_train_timesteps: trained, timestep_spacing: spacing, steps_offset: offset } = config;
  const timesteps = Array.from({ length: steps }, (_, i) => {
    const fromEnd = steps - 1 - i;
    switch (spacing) {
      case "leading":
        return fromEnd * Math.floor(trained / steps) + offset;
      case "trailing":
        return roundHalfToEven(trained - i * (trained / steps)) - 1;
      case "linspace": {
        const exact = steps === 1 ? 0 : (fromEnd * (trained - 1)) / (steps - 1);
        return whole ? roundHalfToEven(exact) : Math.fround(exact);
      }
      default:
        return spacing satisfies never;
    }
  });
  if (steps > trained || (timesteps[0] ?? 0) >= trained) {
    throw new SynthesisError({
      code: "synthesis/too-many-steps",
      message: `${steps} steps are too many for the ${trained} timesteps that the network was trained with`,
      place: "steps",
      value: steps,
      remedy: "Use fewer steps; 20 to 50 are usual.",
    });
  }
  return timesteps;
}

/** `values` read at a position between two indices, by linear interpolation; the ends hold beyond them. */
export function interpolate(values: Float64Array, position: number): number {
  const last = values.length - 1;
  const at = Math.min(Math.max(position, 0), last);
  const low = Math.floor(at);
  const left = values[low] as number; // within the array by the line above
  const right = values[Math.min(low + 1, last)] as number;
  return left + (at - low) * (right - left);
}

function trainingBetas(config: SchedulerConfig): Float64Array {
  const { num_train_timesteps: count, beta_start: first, beta_end: last, trained_betas: given } = config;
  if (given !== undefined) return Float64Array.from(given);
  switch (config.beta_schedule) {
    case "linear":
      return evenlySpaced(first, last, count);
    case "scaled_linear":
      return evenlySpaced(Math.sqrt(first), Math.sqrt(last), count).map((root) => root * root);
    case "squaredcos_cap_v2":
      return Float64Array.from({ length: count }, (_, i) =>
        Math.min(1 - cosineAlpha((i + 1) / count) / cosineAlpha(i / count), MAX_BETA),
      );
    default:
      return config.beta_schedule satisfies never;
  }
}

function evenlySpaced(first: number, last: number, count: number): Float64Array {
  if (count === 1) return Float64Array.of(first);
  return Float64Array.from({ length: count }, (_, i) => first + (i * (last - first)) / (count - 1));
}

function cosineAlpha(share: number): number {
  return Math.cos((((share + COSINE_OFFSET) / (1 + COSINE_OFFSET)) * Math.PI) / 2) ** 2;
}

/** Shifts and scales the square roots so that the last is 0 and the first stays (Lin et al. 2024, algorithm 1). */
function withoutFinalSignal(alphas: Float64Array): Float64Array {
  const first = Math.sqrt(alphas[0] ?? 1);
  const last = Math.sqrt(alphas.at(-1) ?? 0);
  return alphas.map((alpha) => (((Math.sqrt(alpha) - last) * first) / (first - last)) ** 2);
}

/** As the published schedules round: 812.5 is 812, 937.5 is 938. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
