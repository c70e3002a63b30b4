// Text to picture: states of the prompt and of what is unwanted, Gaussian noise that the scheduler turns into latents under the network's
// guidance, pixels decoded from them.
import { SynthesisError } from "../../../base/errors.ts";
import { type HostTensor, hostTensor } from "../../../graph/host-tensor.ts";
import { stream } from "../../../training/random.ts";
import type { DiffusionNetworks } from "./networks.ts";
import type { Scheduler } from "./scheduler.ts";

/** Standard normal numbers: draw 0 is what the loop begins with, draw i + 1 belongs to step i. */
export type NoiseSource = (draw: number, count: number) => Float32Array;

export interface DenoiseOptions {
  readonly scheduler: Scheduler;
  /** [1, channels, height, width]. */
  readonly shape: readonly number[];
  /** Text states [1, length, hidden]. */
  readonly prompt: HostTensor<"float32">;
  /** States of what is unwanted; undefined: no guidance, half the work. */
  readonly negative: HostTensor<"float32"> | undefined;
  /**
   * Weight of the prompt's prediction against the unwanted one's (Ho and Salimans 2022, in the scale where
   * 1 is none).
   */
  readonly guidance: number;
  readonly noise: NoiseSource;
  readonly signal: AbortSignal;
  /** Called after every call of the network. */
  readonly onStep: ((done: number, all: number) => void) | undefined;
}

/** The noise of a seed (Philox): the same on every machine, whatever was drawn before. */
export function seededNoise(seed: number): NoiseSource {
  return (draw, count) => {
    const random = stream(seed, draw, "diffusion/noise");
    return Float32Array.from({ length: count }, () => random.normal());
  };
}

/**
 * Latents of a picture, not yet divided by the scaling factor.
 *
 * @throws the signal's reason, between two calls of the network
 */
export async function denoise(
  networks: DiffusionNetworks,
  options: DenoiseOptions,
): Promise<HostTensor<"float32">> {
  const { scheduler, shape, prompt, negative, guidance, noise, signal } = options;
  const count = shape.reduce((product, size) => product * size, 1);
  const contexts = negative === undefined ? [prompt] : [negative, prompt];
  let sample: Float32Array = noise(0, count).map((value) => value * scheduler.initialDeviation);
  let past: readonly Float32Array[] = [];
  for (const [index, timestep] of scheduler.timesteps.entries()) {
    signal.throwIfAborted();
    const scale = scheduler.inputScale(index);
    const scaled = hostTensor(
      "float32",
      shape,
      Float32Array.from(sample, (value) => value * scale),
    );
    const predictions = await networks.predict(scaled, timestep, contexts);
    const result = scheduler.step({
      index,
      output: guided(predictions, guidance),
      sample,
      past,
      noise: scheduler.usesNoise ? noise(index + 1, count) : undefined,
    });
    sample = result.sample;
    past = result.past;
    options.onStep?.(index + 1, scheduler.timesteps.length);
  }
  signal.throwIfAborted();
  return hostTensor("float32", shape, Float32Array.from(sample));
}

/**
 * Pixels as bytes: -1 is 0, 1 is 255, what is beyond is clipped.
 *
 * @param pixels [1, 3, height, width]
 * @returns height x width x 3, row by row
 * @throws SynthesisError `synthesis/picture-not-finite`
 */
export function pixelBytes(pixels: HostTensor<"float32">): Uint8Array {
  const plane = pixels.data.length / 3;
  const bytes = new Uint8Array(pixels.data.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < plane; i++) {
      const value = pixels.data[channel * plane + i] as number;
      if (!Number.isFinite(value)) throw notFinite(value);
      bytes[3 * i + channel] = Math.round(Math.min(Math.max(value / 2 + 0.5, 0), 1) * 255);
    }
  }
  return bytes;
}

/** unwanted + guidance * (wanted - unwanted). */
function guided(predictions: readonly Float32Array[], guidance: number): Float32Array {
  const [first, wanted] = predictions as [Float32Array, Float32Array | undefined];
  if (wanted === undefined) return first;
  return first.map((unwanted, i) => unwanted + guidance * ((wanted[i] as number) - unwanted));
}

function notFinite(value: number): SynthesisError {
  return new SynthesisError({
    code: "synthesis/picture-not-finite",
    message: `diffusion: the decoded picture has a pixel that is ${value}`,
    value,
    remedy: "Networks in float16 overflow with some prompts and devices: use the float32 export.",
    fault: "work",
  });
}
