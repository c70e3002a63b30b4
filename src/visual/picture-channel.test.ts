import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import { writeSafetensors } from "../engine/safetensors.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { FeatureFileChannel } from "./feature-file.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { PictureChannel } from "./picture-channel.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-pictures-"));
  const pixels = {
    create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 30, b: 30 } },
  } as const;
  await sharp(pixels).jpeg().toFile(join(folder, "good.jpg"));
  await writeFile(join(folder, "page.jpg"), "<html>404</html>");
  await writeFile(join(folder, "corrupt.jpg"), Buffer.from("ffd8ffe000104a46494600deadbeef", "hex"));
});
afterAll(() => rm(folder, { recursive: true }));

const post = (image?: string): Document => ({
  id: image ?? "none",
  text: "a b",
  ...(image === undefined ? {} : { image }),
  entities: [],
  relations: [],
});

/** Stands for a network: the mean of the red bytes, so that what was read can be seen. */
class RedEncoder implements PictureEncoder {
  readonly fingerprint = "red";
  readonly channels = 2;
  readonly classes = 3;
  encoded = 0;
  async encode({ data }: { readonly data: Uint8Array }) {
    this.encoded++;
    const red = data[0] ?? 0;
    return { maps: Float32Array.from({ length: 8 }, (_, i) => red + i), logits: Float32Array.of(red, 0, 0) };
  }
  async dispose() {}
}

describe("PictureChannel", () => {
  it("tells missing, broken and usable pictures apart, and makes up nothing", async () => {
    const encoder = new RedEncoder();
    const channel = await PictureChannel.open(encoder, { place: "red", promptLength: 4 });
    const names = ["good.jpg", "corrupt.jpg", "page.jpg", "absent.jpg", undefined, "good.jpg"];
    const documents = names.map(post);
    const { features, broken } = await channel.featuresOf(documents, { pictures: folder }, undefined);
    expect(features.map((one) => one !== undefined)).toEqual([true, false, false, false, false, true]);
    expect(broken).toEqual([
      expect.objectContaining({ image: "corrupt.jpg", code: "encoder/picture-broken" }),
      expect.objectContaining({ image: "page.jpg", code: "encoder/not-a-picture" }),
    ]);
    expect(features[0]?.maps[0]?.length).toBe(8);
    expect(encoder.encoded).toBe(1); // one picture, two posts
    expect(channel.saved).toMatchObject({ kind: "pictures", label: "pixels", mapWidth: 2, classes: 3 });
  });

  it("computes a picture once, also over runs", async () => {
    const cacheFolder = join(folder, "cache");
    for (const expected of [1, 0]) {
      const encoder = new RedEncoder();
      const channel = await PictureChannel.open(encoder, { place: "red", promptLength: 4, cacheFolder });
      const { features } = await channel.featuresOf([post("good.jpg")], { pictures: folder }, undefined);
      await channel.dispose();
      expect(encoder.encoded).toBe(expected);
      expect(features[0]?.pooled.length).toBe(3);
    }
  });

  it("gives a coded error for one broken or missing picture that is asked for by name", async () => {
    const channel = await PictureChannel.open(new RedEncoder(), { place: "red", promptLength: 4 });
    await expect(channel.featuresOfPicture(join(folder, "corrupt.jpg"), "a text")).rejects.toMatchObject({
      code: expect.stringMatching(/^encoder\/picture-/),
    });
    await expect(channel.featuresOfPicture(join(folder, "absent.jpg"), "a text")).rejects.toMatchObject({
      code: "config/no-such-picture",
    });
  });

  it("refuses a prompt length that does not divide the maps", async () => {
    await expect(
      PictureChannel.open(new RedEncoder(), { place: "red", promptLength: 3 }),
    ).rejects.toMatchObject({
      code: "config/prompt-length",
    });
  });
});

describe("FeatureFileChannel", () => {
  const tensor = (shape: number[], from: number) =>
    hostTensor(
      "float32",
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => from + i),
    );

  it("reads the whole picture and its crops, as many as there are", async () => {
    const path = join(folder, "features.safetensors");
    await writeSafetensors(path, {
      "maps/a.jpg": tensor([3, 2, 2, 2], 0),
      "logits/a.jpg": tensor([5], 0),
      "maps/b.jpg": tensor([1, 2, 2, 2], 100),
      "logits/b.jpg": tensor([5], 100),
    });
    const channel = await FeatureFileChannel.open(path, 4, 3);
    expect(channel.objects).toBe(2);
    const { features } = await channel.featuresOf(
      [post("b.jpg"), post("a.jpg"), post("c.jpg")],
      {},
      undefined,
    );
    expect(features[0]?.maps.map((map) => [...map])).toEqual([[100, 101, 102, 103, 104, 105, 106, 107]]);
    expect(features[1]?.maps.map((map) => map[0])).toEqual([0, 8, 16]);
    expect(features[2]).toBeUndefined();

    const narrow = await FeatureFileChannel.open(path, 4, 1);
    const cut = await narrow.featuresOf([post("a.jpg")], {}, undefined);
    expect(cut.features[0]?.maps.map((map) => map[0])).toEqual([0, 8]);
  });

  it("refuses a file without features, and features of different sizes", async () => {
    const empty = join(folder, "empty.safetensors");
    await writeSafetensors(empty, { other: tensor([1], 0) });
    await expect(FeatureFileChannel.open(empty, 4, 3)).rejects.toMatchObject({ code: "data/no-features" });
    const uneven = join(folder, "uneven.safetensors");
    await writeSafetensors(uneven, {
      "maps/a.jpg": tensor([1, 2, 2, 2], 0),
      "logits/a.jpg": tensor([5], 0),
      "maps/b.jpg": tensor([1, 4, 2, 2], 0),
      "logits/b.jpg": tensor([5], 0),
    });
    const channel = await FeatureFileChannel.open(uneven, 4, 3);
    await expect(channel.featuresOf([post("b.jpg")], {}, undefined)).rejects.toMatchObject({
      code: "data/feature-shape",
    });
  });

  it.each([
    { what: "maps without crops' axis", maps: [2, 2, 2], logits: [5], code: "data/feature-shape" },
    { what: "maps that are not 2 x 2", maps: [1, 2, 7, 7], logits: [5], code: "data/feature-shape" },
    { what: "scores of rank 2", maps: [1, 2, 2, 2], logits: [1, 5], code: "data/feature-shape" },
    { what: "no scores", maps: [1, 2, 2, 2], logits: undefined, code: "data/feature-shape" },
  ])("refuses $what and names the picture", async ({ maps, logits, code }) => {
    const path = join(folder, "wrong.safetensors");
    const scores = logits === undefined ? {} : { "logits/a.jpg": tensor(logits, 0) };
    await writeSafetensors(path, { "maps/a.jpg": tensor(maps, 0), ...scores });
    await expect(FeatureFileChannel.open(path, 4, 3)).rejects.toMatchObject({
      code,
      place: `${path}: a.jpg`,
    });
  });

  it("refuses features that are not numbers, and names the picture", async () => {
    const path = join(folder, "nan.safetensors");
    await writeSafetensors(path, {
      "maps/a.jpg": tensor([1, 2, 2, 2], Number.NaN),
      "logits/a.jpg": tensor([5], 0),
    });
    const channel = await FeatureFileChannel.open(path, 4, 3);
    await expect(channel.featuresOf([post("a.jpg")], {}, undefined)).rejects.toMatchObject({
      code: "data/features-not-finite",
    });
  });
});
