// Picture encoders opened from folders: CLIP and ViT of random weights, with every head, and folders that do not fit.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSmallClip, writeSmallVit } from "../encoders/testing/small-encoders.ts";
import { Runtime } from "../engine/runtime.ts";
import { readSafetensors } from "../engine/safetensors.ts";
import { PictureChannel } from "./picture-channel.ts";
import { openPictureEncoder } from "./picture-encoder.ts";

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), "relata-picture-encoder-"));
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

/** A picture whose left half is dark and whose right half is bright. */
const halves = {
  width: 20,
  height: 20,
  data: Uint8Array.from({ length: 3 * 400 }, (_, i) => (Math.floor(i / 3) % 20 < 10 ? 30 : 220)),
};

describe("a CLIP folder", () => {
  it("gives maps of the picture tower's width and the projected embedding", async () => {
    const place = join(folder, "clip");
    await writeSmallClip(place);
    const encoder = await openPictureEncoder(runtime, place);
    expect(encoder).toMatchObject({ channels: 8, classes: 6 });
    const { maps, logits } = await encoder.encode(halves);
    expect(maps).toHaveLength(32);
    expect(Math.hypot(...logits)).toBeCloseTo(1, 5);
    expect(await encoder.encode(halves)).toEqual({ maps, logits });
    const channel = await PictureChannel.open(encoder, { place, promptLength: 4 });
    expect(channel.saved).toMatchObject({ kind: "pictures", label: "pixels", mapWidth: 8, classes: 6 });
    await channel.dispose();
  });
});

describe("a ViT folder", () => {
  it("gives the classifier's scores, else the pooled state, else the class state", async () => {
    const results = [];
    for (const head of ["classifier", "pooler", "none"] as const) {
      const place = join(folder, `vit-${head}`);
      await writeSmallVit(place, head);
      const encoder = await openPictureEncoder(runtime, place);
      const { maps, logits } = await encoder.encode(halves);
      results.push({ channels: encoder.channels, classes: encoder.classes, maps, logits });
      await encoder.dispose();
    }
    const [classified, pooled, plain] = results;
    expect(results.map(({ channels, classes }) => [channels, classes])).toEqual([
      [8, 5],
      [8, 8],
      [8, 8],
    ]);
    // The encoder is the same beneath every head, so the class state of the plain one tells what a head must give.
    expect(pooled!.maps).toEqual(plain!.maps);
    expect(classified!.maps).toEqual(plain!.maps);
    const layer = async (head: string, name: string) => {
      const file = await readSafetensors(join(folder, `vit-${head}/model.safetensors`));
      const weight = file.tensor(`${name}.weight`).data as Float32Array;
      return [...(file.tensor(`${name}.bias`).data as Float32Array)].map((bias, out) =>
        plain!.logits.reduce((sum, state, i) => sum + state * weight[out * plain!.logits.length + i]!, bias),
      );
    };
    (await layer("classifier", "classifier")).forEach((score, i) => {
      expect(classified!.logits[i]).toBeCloseTo(score, 5);
    });
    (await layer("pooler", "pooler.dense")).forEach((state, i) => {
      expect(pooled!.logits[i]).toBeCloseTo(Math.tanh(state), 5);
    });
  });

  it("is another encoder when its weights or its preprocessing are others", async () => {
    const fingerprints = new Set<string>();
    const place = join(folder, "vit-changing");
    const note = async () => {
      const encoder = await openPictureEncoder(runtime, place);
      fingerprints.add(encoder.fingerprint);
      await encoder.dispose();
    };
    await writeSmallVit(place, "none");
    await note();
    await note();
    await copyFile(join(folder, "vit-pooler/model.safetensors"), join(place, "model.safetensors"));
    await note();
    const preprocessor = { image_processor_type: "ViTImageProcessor", size: 8, image_mean: [0, 0, 0] };
    await writeFile(join(place, "preprocessor_config.json"), JSON.stringify(preprocessor));
    await note();
    expect(fingerprints.size).toBe(3);
  });

  it("is refused when its pooler or its preprocessing does not fit", async () => {
    const relu = join(folder, "vit-relu");
    await writeSmallVit(relu, "pooler", { pooler_act: "relu" });
    await expect(openPictureEncoder(runtime, relu)).rejects.toMatchObject({
      code: "encoder/unsupported-config",
      message: expect.stringContaining('pooler has the activation "relu"'),
    });
    const large = join(folder, "vit-large");
    await writeSmallVit(large, "none");
    const preprocessor = { image_processor_type: "ViTImageProcessor", size: 16 };
    await writeFile(join(large, "preprocessor_config.json"), JSON.stringify(preprocessor));
    await expect(openPictureEncoder(runtime, large)).rejects.toMatchObject({
      code: "encoder/wrong-picture-shape",
    });
  });
});
