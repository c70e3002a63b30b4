// Whole pictures from folders: a small Stable Diffusion exported by diffusers, and networks of a few operators in several spellings.
import { cp, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodePicture } from "../../encoders/pictures/decode.ts";
import { SIDE, type SmallNetworks, writeSmallNetworks } from "./diffusion/testing/small-networks.ts";
import { openDiffusion, schema } from "./diffusion.ts";
import type { PictureRequest, TextToImage } from "./generator.ts";

const GOLDEN = new URL("../../../test/golden/", import.meta.url);
const SMALL = fileURLToPath(new URL("diffusion/small-stable-diffusion", GOLDEN));

let temporary = "";
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "relata-diffusion-"));
});
afterAll(() => rm(temporary, { recursive: true }));

let folders = 0;
const newFolder = () => join(temporary, String(folders++));

const settings = (folder: string, more: object = {}) =>
  schema.parse({ adapter: "diffusion", folder, steps: 3, guidance: 3, threads: 1, ...more });

const request = (more: Partial<PictureRequest> = {}): PictureRequest => ({
  prompt: "a red dog",
  seed: 5,
  exclude: [],
  instance: "1",
  step: 1,
  ...more,
});

const never = new AbortController().signal;

async function using<T>(
  opened: Promise<TextToImage>,
  use: (generator: TextToImage) => Promise<T>,
): Promise<T> {
  const generator = await opened;
  try {
    return await use(generator);
  } finally {
    await generator.dispose();
  }
}

describe("a folder that diffusers exported", () => {
  it("gives a PNG of the trained size, the same for the same seed and another for another", async () => {
    await using(openDiffusion(settings(SMALL)), async (generator) => {
      const first = await generator.picture(request(), never);
      expect(first.content.mediaType).toBe("image/png");
      expect(first.details).toEqual({ seed: 5, cutTokens: 0 });
      const { width, height } = await decodePicture(first.content.bytes);
      expect([width, height]).toEqual([16, 24]);
      const again = await generator.picture(request(), never);
      expect(again.content.bytes).toEqual(first.content.bytes);
      for (const other of [{ seed: 6 }, { prompt: "the lake" }]) {
        const { content } = await generator.picture(request(other), never);
        expect(content.bytes).not.toEqual(first.content.bytes);
      }
    });
  });

  it("makes pictures of the size that is asked for", async () => {
    await using(openDiffusion(settings(SMALL, { width: 8, height: 32 })), async (generator) => {
      const { content } = await generator.picture(request(), never);
      expect(await decodePicture(content.bytes)).toMatchObject({ width: 8, height: 32 });
      expect(generator.identity.settings).toMatchObject({ width: 8, height: 32 });
    });
  });

  it("uses negative prompt, guidance, template and scheduler, and names them in its identity", async () => {
    const seen = new Set<string>();
    const folder = await writeSmallNetworks(newFolder());
    const variants = [
      {},
      { negativePrompt: "lake" },
      { guidance: 1 },
      { promptTemplate: "the {text} on the lake" },
      { scheduler: "euler" },
      { scheduler: "euler-ancestral" },
      { steps: 4 },
    ];
    for (const variant of variants) {
      await using(openDiffusion(settings(folder, variant)), async (generator) => {
        const { content } = await generator.picture(request(), never);
        seen.add(`${JSON.stringify(generator.identity)} ${Buffer.from(content.bytes).toString("base64")}`);
        expect(generator.identity.settings).toMatchObject(variant);
        expect(generator.concurrency).toBe(1);
      });
    }
    const pictures = new Set([...seen].map((line) => line.split(" ").at(-1)));
    const identities = new Set([...seen].map((line) => line.slice(0, line.lastIndexOf(" "))));
    expect([pictures.size, identities.size]).toEqual([variants.length, variants.length]);
  });

  it("is known by what its files hold, not by where they are", async () => {
    const copy = newFolder();
    await cp(SMALL, copy, { recursive: true });
    const modelOf = (folder: string) =>
      using(openDiffusion(settings(folder)), async ({ identity }) => identity.model);
    const model = await modelOf(SMALL);
    expect(await modelOf(copy)).toBe(model);
    expect(JSON.stringify(model)).not.toContain(copy);
    await writeFile(join(copy, "unet", "weights.pb"), "other weights");
    expect(await modelOf(copy)).not.toBe(model);
  });

  it("stops at once when it was cancelled before, and between steps", async () => {
    const controller = new AbortController();
    const onStep = () => controller.abort(new Error("enough"));
    await using(openDiffusion(settings(SMALL), { onStep }), async (generator) => {
      await expect(generator.picture(request(), AbortSignal.abort(new Error("early")))).rejects.toThrow(
        "early",
      );
      await expect(generator.picture(request(), controller.signal)).rejects.toThrow("enough");
    });
  });
});

describe("one pipeline in the spellings of several exporters", () => {
  async function pictureOf(networks: SmallNetworks): Promise<Uint8Array> {
    const folder = await writeSmallNetworks(newFolder(), networks);
    return using(openDiffusion(settings(folder)), async (generator) => {
      const { content } = await generator.picture(request(), never);
      const { width, height, data } = await decodePicture(content.bytes);
      expect([width, height]).toEqual([SIDE, SIDE]);
      return data;
    });
  }
  const largestDifference = (a: Uint8Array, b: Uint8Array) =>
    Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

  it("is the same picture with every kind of timestep, ids and batch", async () => {
    const picture = await pictureOf({});
    const spread = Math.max(...picture) - Math.min(...picture);
    expect(spread).toBeGreaterThan(50); // a picture, not a plain
    const spellings: SmallNetworks[] = [
      { batch: 1 },
      { ids: "int32" },
      { timestep: { dtype: "int64", shape: [] } },
      { timestep: { dtype: "float32", shape: [1] } },
      { timestep: { dtype: "float32", shape: ["batch"] } },
      { timestep: { dtype: "int32", shape: ["steps"] } },
    ];
    for (const spelling of spellings) {
      expect(largestDifference(await pictureOf(spelling), picture), JSON.stringify(spelling)).toBeLessThan(2);
    }
  });

  it("is nearly the same picture in halves", async () => {
    const difference = largestDifference(await pictureOf({ floats: "float16" }), await pictureOf({}));
    expect(difference).toBeLessThan(6); // three halves of eleven bits in a row, seen at 8 bits
  });
});

describe("folders that cannot be used", () => {
  const bad = (file: string, problem: RegExp) => ({
    code: "synthesis/bad-diffusion-folder",
    place: expect.stringContaining(file),
    message: expect.stringMatching(problem),
  });
  const open = (folder: string, more: object = {}) => openDiffusion(settings(folder, more));
  const firstPicture = (folder: string) =>
    using(open(folder), (generator) => generator.picture(request(), never));

  it("are refused by the file that is missing, before anything is loaded", async () => {
    for (const file of [
      "model_index.json",
      "scheduler/scheduler_config.json",
      "text_encoder/model.onnx",
      "unet/model.onnx",
      "vae_decoder/model.onnx",
    ]) {
      const folder = await writeSmallNetworks(newFolder());
      await rm(join(folder, file));
      await expect(open(folder)).rejects.toMatchObject(bad(file, /does not exist/));
    }
    const folder = await writeSmallNetworks(newFolder());
    await rm(join(folder, "tokenizer"), { recursive: true });
    await expect(open(folder)).rejects.toMatchObject(bad("tokenizer", /no such folder/));
    await expect(open(join(temporary, "nowhere"))).rejects.toMatchObject(
      bad("model_index.json", /does not exist/),
    );
  });

  it("are refused when they hold another kind of pipeline", async () => {
    const folder = await writeSmallNetworks(newFolder());
    const index = (content: unknown) =>
      writeFile(
        join(folder, "model_index.json"),
        typeof content === "string" ? content : JSON.stringify(content),
      );
    await index({ _class_name: "FluxPipeline" });
    await expect(open(folder)).rejects.toMatchObject(bad("model_index.json", /"FluxPipeline" is not one of/));
    await index({
      _class_name: "StableDiffusionPipeline",
      text_encoder_2: ["transformers", "CLIPTextModel"],
    });
    await expect(open(folder)).rejects.toMatchObject(bad("model_index.json", /text_encoder_2/));
    await index("{");
    await expect(open(folder)).rejects.toMatchObject(bad("model_index.json", /cannot be read as JSON/));
    await index({ _class_name: "StableDiffusionPipeline" });
    await writeFile(join(folder, "unet", "config.json"), JSON.stringify({ in_channels: 9 }));
    await expect(open(folder)).rejects.toMatchObject(bad("unet/config.json", /takes 9 channels/));
  });

  it("are refused at the first picture when a network is broken or another's", async () => {
    const cut = await writeSmallNetworks(newFolder());
    await truncate(join(cut, "vae_decoder", "model.onnx"), 300);
    await expect(firstPicture(cut)).rejects.toMatchObject(bad("vae_decoder", /cannot be loaded/));

    const halved = newFolder();
    await cp(SMALL, halved, { recursive: true });
    await rm(join(halved, "unet", "model.onnx_data"));
    await expect(firstPicture(halved)).rejects.toMatchObject(
      bad("unet", /cannot be loaded .*model\.onnx_data/s),
    );

    const swapped = await writeSmallNetworks(newFolder());
    await rename(join(swapped, "unet", "model.onnx"), join(swapped, "model.onnx"));
    await cp(join(swapped, "vae_decoder", "model.onnx"), join(swapped, "unet", "model.onnx"));
    await expect(firstPicture(swapped)).rejects.toMatchObject(bad("unet", /input "latent_sample"/));

    const other = await writeSmallNetworks(newFolder(), { context: 10 });
    await expect(firstPicture(other)).rejects.toMatchObject(
      bad("unet", /takes text states of width 10, .* gives 6/),
    );

    const larger = await writeSmallNetworks(newFolder());
    const config = { latent_channels: 4, block_out_channels: [4, 4] };
    await writeFile(join(larger, "vae_decoder", "config.json"), JSON.stringify(config));
    await expect(firstPicture(larger)).rejects.toMatchObject(bad("vae_decoder", /decodes to \[1, 3, 8, 8\]/));
  });

  it("refuses a size that latents cannot have, and more steps than were trained", async () => {
    await expect(open(SMALL, { width: 17 })).rejects.toMatchObject({
      code: "synthesis/bad-picture-size",
      message: expect.stringContaining("width is 17"),
    });
    const fixed = await writeSmallNetworks(newFolder());
    await expect(
      using(open(fixed, { height: 16 }), (generator) => generator.picture(request(), never)),
    ).rejects.toMatchObject({
      code: "synthesis/bad-picture-size",
      message: expect.stringContaining("for 8 only"),
    });
    await expect(open(SMALL, { steps: 1000 })).rejects.toMatchObject({ code: "synthesis/too-many-steps" });
  });
});
