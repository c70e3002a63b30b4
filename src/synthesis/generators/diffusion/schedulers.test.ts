// Numbers come from diffusers 0.42.1 (test/golden/diffusion/schedulers.jsonl, made by test/reference/make_scheduler_cases.py), or by hand.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cumulativeAlphas, inferenceTimesteps, interpolate } from "./noise-schedule.ts";
import { type CleanAndNoise, type PredictionType, splitSample } from "./scheduler.ts";
import { openScheduler, readSchedulerConfig, type SchedulerName } from "./scheduler-config.ts";

interface Case {
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly timesteps: readonly number[];
  readonly initialDeviation: number;
  readonly start: readonly number[];
  readonly scales: readonly number[];
  readonly outputs: readonly (readonly number[])[];
  readonly noise: readonly (readonly number[])[];
  readonly samples: readonly (readonly number[])[];
}

const CASES = readFileSync(
  new URL("../../../../test/golden/diffusion/schedulers.jsonl", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

/** The reference computes in float32, and its products of a thousand alphas carry an error of some 1e-6. */
const RELATIVE = 2e-5;

/** @param before largest number that the reference subtracted in float32 to get there (4,096 where no signal is left) */
function expectClose(actual: ArrayLike<number>, expected: readonly number[], what: string, before = 0): void {
  const allowed = RELATIVE * Math.max(1, ...expected.map(Math.abs)) + 2 ** -22 * before;
  expect(actual.length, what).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - value), `${what}, element ${i}`).toBeLessThan(allowed);
  }
}

describe("schedulers against diffusers, step by step", () => {
  for (const [number, golden] of CASES.entries()) {
    const { _class_name: name, ...settings } = golden.config;
    it(`${number}: ${String(name)}, ${golden.steps} steps, ${JSON.stringify(settings)}`, () => {
      const scheduler = openScheduler(readSchedulerConfig(golden.config, "case"), golden.steps);
      expectClose(scheduler.timesteps, golden.timesteps, "timesteps");
      expectClose([scheduler.initialDeviation], [golden.initialDeviation], "initial deviation");
      let sample = Float32Array.from(golden.start);
      let past: readonly Float32Array[] = [];
      for (const index of scheduler.timesteps.keys()) {
        expectClose([scheduler.inputScale(index)], [golden.scales[index] as number], `scale ${index}`);
        const result = scheduler.step({
          index,
          output: Float32Array.from(golden.outputs[index] as readonly number[]),
          sample,
          past,
          noise: scheduler.usesNoise
            ? Float32Array.from(golden.noise[index] as readonly number[])
            : undefined,
        });
        const before = Math.max(...sample.map(Math.abs));
        expectClose(result.sample, golden.samples[index] as readonly number[], `sample ${index}`, before);
        sample = Float32Array.from(golden.samples[index] as readonly number[]); // each step from the reference's
        past = result.past;
      }
    });
  }

  it("covers every scheduler, prediction, spacing and beta schedule that is supported", () => {
    const seen = (field: string) => new Set(CASES.map(({ config }) => config[field] ?? "default"));
    expect(seen("_class_name").size).toBe(4);
    expect(seen("prediction_type")).toEqual(new Set(["default", "v_prediction", "sample"]));
    expect(seen("timestep_spacing")).toEqual(new Set(["default", "linspace", "trailing", "leading"]));
    expect(seen("beta_schedule")).toEqual(
      new Set(["default", "scaled_linear", "squaredcos_cap_v2", "linear"]),
    );
  });
});

describe("noise schedules by hand", () => {
  const config = (settings: Readonly<Record<string, unknown>>) =>
    readSchedulerConfig({ _class_name: "DDIMScheduler", steps_offset: 0, ...settings }, "case").config;

  it("multiplies the alphas of a linear schedule", () => {
    const alphas = cumulativeAlphas(config({ num_train_timesteps: 3, beta_start: 0.1, beta_end: 0.3 }));
    expectClose(alphas, [0.9, 0.9 * 0.8, 0.9 * 0.8 * 0.7], "alphas");
  });

  it("squares evenly spaced roots for scaled_linear", () => {
    const alphas = cumulativeAlphas(
      config({ num_train_timesteps: 3, beta_start: 0.01, beta_end: 0.09, beta_schedule: "scaled_linear" }),
    );
    expectClose(alphas, [0.99, 0.99 * 0.96, 0.99 * 0.96 * 0.91], "alphas"); // roots 0.1, 0.2, 0.3
  });

  it("follows the cosine where betas are not capped", () => {
    const alphas = cumulativeAlphas(config({ num_train_timesteps: 4, beta_schedule: "squaredcos_cap_v2" }));
    const cosine = (share: number) => Math.cos(((share + 0.008) / 1.008) * (Math.PI / 2)) ** 2 / cosineAtZero;
    const cosineAtZero = Math.cos((0.008 / 1.008) * (Math.PI / 2)) ** 2;
    expectClose(alphas, [cosine(0.25), cosine(0.5), cosine(0.75), cosine(0.75) * 0.001], "alphas");
  });

  it("leaves no signal at the last timestep when rescaled, and the first as it was", () => {
    const given = { num_train_timesteps: 5, beta_start: 0.1, beta_end: 0.5 };
    const alphas = cumulativeAlphas(config({ ...given, rescale_betas_zero_snr: true }));
    expect(alphas.at(-1)).toBe(0);
    expect(alphas[0]).toBeCloseTo(0.9, 12);
  });

  it("spaces ten of a thousand timesteps in three ways", () => {
    const at = (timestep_spacing: string, steps = 10) =>
      inferenceTimesteps(config({ timestep_spacing }), steps, true);
    expect(at("leading")).toEqual([900, 800, 700, 600, 500, 400, 300, 200, 100, 0]);
    expect(at("trailing")).toEqual([999, 899, 799, 699, 599, 499, 399, 299, 199, 99]);
    expect(at("linspace")).toEqual([999, 888, 777, 666, 555, 444, 333, 222, 111, 0]);
    expect(at("linspace", 1)).toEqual([0]);
  });

  it("gives exactly the steps asked for, falling, within the trained timesteps", () => {
    for (const spacing of ["leading", "trailing", "linspace"]) {
      for (const steps of [1, 2, 3, 7, 20, 27, 30, 50, 99, 333, 500, 1000]) {
        const timesteps = inferenceTimesteps(config({ timestep_spacing: spacing }), steps, true);
        expect(timesteps).toHaveLength(steps);
        expect(timesteps.every((t, i) => i === 0 || t < (timesteps[i - 1] as number))).toBe(true);
        expect(Math.min(...timesteps)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...timesteps)).toBeLessThan(1000);
      }
    }
  });

  it("refuses steps beyond the trained timesteps", () => {
    const tooMany = expect.objectContaining({ code: "synthesis/too-many-steps" });
    expect(() => inferenceTimesteps(config({ num_train_timesteps: 10 }), 11, true)).toThrow(tooMany);
    expect(() => inferenceTimesteps(config({ num_train_timesteps: 10, steps_offset: 1 }), 10, true)).toThrow(
      tooMany,
    );
  });

  it("interpolates between neighbours and holds the ends", () => {
    const values = Float64Array.of(1, 3, 7);
    expect([-1, 0, 0.25, 1.5, 2, 9].map((at) => interpolate(values, at))).toEqual([1, 1, 1.5, 5, 7, 7]);
  });
});

describe("what a network's output stands for", () => {
  it("is taken apart to the same clean sample and noise whichever of the three is given", () => {
    const alpha = 0.64;
    const [clean, noise] = [0.5, -1.25];
    const sample = 0.8 * clean + 0.6 * noise; // the roots of 0.64 and 0.36
    const outputs: Readonly<Record<PredictionType, number>> = {
      epsilon: noise,
      sample: clean,
      v_prediction: 0.8 * noise - 0.6 * clean,
    };
    for (const [type, output] of Object.entries(outputs)) {
      const split: CleanAndNoise = { clean: 0, noise: 0 };
      splitSample(type as PredictionType, alpha, sample, output, split);
      expect(split.clean).toBeCloseTo(clean, 12);
      expect(split.noise).toBeCloseTo(noise, 12);
    }
  });

  it("brings every deterministic scheduler to the clean sample when the network is always right", () => {
    const clean = Float32Array.of(0.3, -0.7, 0.1);
    const noise = Float32Array.of(1.1, 0.2, -1.9);
    for (const name of ["ddim", "pndm", "euler"] as SchedulerName[]) {
      const json = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear", steps_offset: 1 };
      const ends = { set_alpha_to_one: true, skip_prk_steps: true };
      const choice = readSchedulerConfig({ ...json, ...ends }, "case", name);
      const scheduler = openScheduler(choice, 12);
      const alphas = cumulativeAlphas(choice.config);
      const alpha = interpolate(alphas, scheduler.timesteps[0] as number);
      const ratio = name === "euler" ? scheduler.initialDeviation : 0;
      // Euler's sample is clean + sigma * noise, the others' keeps the variance. The network knows the noise.
      let sample = clean.map((value, i) =>
        name === "euler"
          ? value + ratio * (noise[i] as number)
          : Math.sqrt(alpha) * value + Math.sqrt(1 - alpha) * (noise[i] as number),
      );
      let past: readonly Float32Array[] = [];
      for (const index of scheduler.timesteps.keys()) {
        const result = scheduler.step({ index, output: noise, sample, past, noise: undefined });
        sample = result.sample as Float32Array<ArrayBuffer>;
        past = result.past;
      }
      expectClose(sample, [...clean], name);
    }
  });
});

describe("readSchedulerConfig", () => {
  const read = (json: Readonly<Record<string, unknown>>, wanted?: SchedulerName) =>
    readSchedulerConfig(json, "scheduler_config.json", wanted);

  it("refuses a scheduler it does not know by name, and takes another in its place", () => {
    const json = { _class_name: "DEISMultistepScheduler", beta_schedule: "scaled_linear" };
    expect(() => read(json)).toThrow(
      expect.objectContaining({
        code: "synthesis/unknown-scheduler",
        message: expect.stringMatching(/"DEISMultistepScheduler"; known: DDIMScheduler/),
      }),
    );
    expect(read(json, "euler")).toMatchObject({
      name: "euler",
      config: { beta_schedule: "scaled_linear", timestep_spacing: "linspace" },
    });
  });

  it("refuses settings that would change the picture and are not supported", () => {
    const bad = (field: string) =>
      expect.objectContaining({
        code: "synthesis/bad-scheduler",
        message: expect.stringContaining(field),
      });
    expect(() => read({ _class_name: "EulerDiscreteScheduler", use_karras_sigmas: true })).toThrow(
      bad("use_karras_sigmas"),
    );
    expect(() => read({ _class_name: "DDIMScheduler", thresholding: true })).toThrow(bad("thresholding"));
    expect(() => read({ _class_name: "PNDMScheduler", skip_prk_steps: false })).toThrow(
      bad("skip_prk_steps"),
    );
    expect(() => read({ _class_name: "PNDMScheduler", prediction_type: "sample" })).toThrow(
      bad("prediction_type"),
    );
    expect(() => read({ _class_name: "DDIMScheduler", beta_schedule: "sigmoid" })).toThrow(
      bad("beta_schedule"),
    );
  });

  it("fills in what old Stable Diffusion files leave out as their pipeline does", () => {
    expect(read({ _class_name: "PNDMScheduler" }).config).toMatchObject({
      steps_offset: 1,
      clip_sample: false,
      set_alpha_to_one: false,
      timestep_spacing: "leading",
    });
    expect(read({ _class_name: "DDIMScheduler" }).config.set_alpha_to_one).toBe(true);
  });
});
