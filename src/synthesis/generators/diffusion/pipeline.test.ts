// A very small random Stable Diffusion, exported by diffusers: numbers come from diffusers 0.42.1 and transformers 5.23.0
// (test/golden/diffusion, made by test/reference/make_diffusion_cases.py).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTokenizer } from "../../../encoders/tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../../../encoders/tokenizing/tokenizer.ts";
import { hostTensor } from "../../../graph/host-tensor.ts";
import { type DiffusionFolder, openDiffusionFolder } from "./folder.ts";
import { DiffusionNetworks } from "./networks.ts";
import { denoise, pixelBytes, seededNoise } from "./pipeline.ts";
import { promptTokens } from "./prompt.ts";
import { openScheduler, readSchedulerConfig, type SchedulerName } from "./scheduler-config.ts";

interface Case {
  readonly scheduler: SchedulerName;
  readonly prompt: string;
  readonly negative: string;
  readonly guidance: number;
  readonly steps: number;
  readonly ids: readonly number[];
  readonly states: readonly number[];
  readonly noise: readonly (readonly number[])[];
  readonly latents: readonly number[];
  readonly pixels: readonly number[];
}

const GOLDEN = new URL("../../../../test/golden/diffusion/", import.meta.url);
const CASES = readFileSync(new URL("expected.jsonl", GOLDEN), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);
const SHAPE = [1, 4, 12, 8];

let folder: DiffusionFolder;
let networks: DiffusionNetworks;
let tokenizer: TextTokenizer;
beforeAll(async () => {
  folder = await openDiffusionFolder(fileURLToPath(new URL("small-stable-diffusion", GOLDEN)));
  networks = await DiffusionNetworks.open(folder, { threads: 1 });
  tokenizer = await loadTokenizer(folder.tokenizer);
});
afterAll(() => networks.dispose());

const never = new AbortController().signal;

async function latentsOf(golden: Case, signal = never, onStep?: (done: number, all: number) => void) {
  const { json, place } = folder.scheduler;
  const encode = (text: string) => networks.encode(promptTokens(tokenizer, text).ids);
  return denoise(networks, {
    scheduler: openScheduler(readSchedulerConfig(json, place, golden.scheduler), golden.steps),
    shape: SHAPE,
    prompt: await encode(golden.prompt),
    negative: golden.guidance > 1 ? await encode(golden.negative) : undefined,
    guidance: golden.guidance,
    noise: (draw) => Float32Array.from(golden.noise[draw] as readonly number[]),
    signal,
    onStep,
  });
}

function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] as number))));
}

describe("a small Stable Diffusion against diffusers", () => {
  for (const golden of CASES) {
    it(`${golden.scheduler}, guidance ${golden.guidance}, ${JSON.stringify(golden.prompt)}`, async () => {
      const { ids } = promptTokens(tokenizer, golden.prompt);
      expect(ids).toEqual(golden.ids);
      expect(largestError((await networks.encode(ids)).data, golden.states)).toBeLessThan(2e-6);

      const latents = await latentsOf(golden);
      const largest = Math.max(...golden.latents.map(Math.abs));
      expect(largestError(latents.data, golden.latents) / largest).toBeLessThan(1e-5);

      const unscaled = latents.data.map((value) => value / folder.scalingFactor);
      const pixels = pixelBytes(await networks.decode({ ...latents, data: unscaled }));
      expect(largestError(pixels, golden.pixels)).toBeLessThanOrEqual(1);
      const different = golden.pixels.filter((value, i) => value !== pixels[i]).length;
      expect(different / pixels.length).toBeLessThan(0.01); // roundings that fall the other way
    });
  }

  it("cuts long prompts at the text encoder's length and says by how much", () => {
    const [, , long] = CASES as [Case, Case, Case];
    expect(promptTokens(tokenizer, long.prompt).cut).toBe(9); // 23 tokens, and room for 14
    expect(promptTokens(tokenizer, "the dog").cut).toBe(0);
    const id = (token: string) => tokenizer.idOf(token) as number;
    expect(promptTokens(tokenizer, "").ids).toEqual([
      id("<|startoftext|>"),
      id("<|endoftext|>"),
      ...new Array<number>(14).fill(id("!")),
    ]);
  });

  it("reports every step, and stops between two when it is told to", async () => {
    const [golden] = CASES as [Case];
    const steps: string[] = [];
    await latentsOf(golden, never, (done, all) => steps.push(`${done}/${all}`));
    expect(steps).toEqual(["1/4", "2/4", "3/4", "4/4"]);

    const controller = new AbortController();
    let done = 0;
    const stopped = latentsOf(golden, controller.signal, () => {
      done++;
      if (done === 2) controller.abort(new Error("stop now"));
    });
    await expect(stopped).rejects.toThrow("stop now");
    expect(done).toBe(2);
  });
});

describe("the noise of a seed", () => {
  it("is standard normal, the same again, and another for another seed or draw", () => {
    const draw = seededNoise(7)(0, 40_000);
    const mean = draw.reduce((sum, value) => sum + value, 0) / draw.length;
    const variance = draw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draw.length;
    expect(Math.abs(mean)).toBeLessThan(0.02); // four deviations of the mean
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(seededNoise(7)(0, 5)).toEqual(draw.slice(0, 5));
    expect(seededNoise(8)(0, 5)).not.toEqual(draw.slice(0, 5));
    expect(seededNoise(7)(1, 5)).not.toEqual(draw.slice(0, 5));
  });
});

describe("pixelBytes", () => {
  it("puts -1 to 1 onto 0 to 255, clips, and interleaves the channels", () => {
    const pixels = hostTensor("float32", [1, 3, 1, 2], [-1, 1, 0, -3, 2, 0.5]);
    expect([...pixelBytes(pixels)]).toEqual([0, 128, 255, 255, 0, 191]);
  });

  it("refuses a picture that is not finite", () => {
    const pixels = hostTensor("float32", [1, 3, 1, 1], [0, Number.NaN, 0]);
    expect(() => pixelBytes(pixels)).toThrow(
      expect.objectContaining({ code: "synthesis/picture-not-finite", fault: "work" }),
    );
  });
});
