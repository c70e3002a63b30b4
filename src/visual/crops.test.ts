// Crops from pixels to the model's input, with a random ResNet as encoder and detectors whose findings are known by hand.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import type { Document } from "../data/document.ts";
import { openObjectDetector } from "../encoders/objects/onnx-detector.ts";
import { painted, TOKENS, writeCellDetector } from "../encoders/objects/testing/bright-cells.ts";
import type { TextEncoderFolder } from "../encoders/text-encoder.ts";
import { Runtime } from "../engine/runtime.ts";
import { visualInputs } from "../extractors/shared/batch-inputs.ts";
import { writeTinyResnet } from "../world/tiny-encoders.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { openVisual, reopenVisual } from "./open-visual.ts";
import { PictureChannel } from "./picture-channel.ts";
import { openPictureEncoder } from "./picture-encoder.ts";
import type { VisualFeatures } from "./visual-channel.ts";

const PROMPT_LENGTH = 4;
/** Scores are exact, so a lossless format keeps them. */
const PICTURES = {
  "both.png": painted(64, 64, [
    { box: [16, 0, 32, 16], color: "red", light: 255 },
    { box: [48, 48, 64, 64], color: "blue", light: 204 },
  ]),
  "red.png": painted(64, 64, [{ box: [16, 0, 32, 16], color: "red", light: 255 }]),
  "black.png": painted(64, 64, []),
} as const;

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-crops-"));
  runtime = await Runtime.open({ threads: 1 });
  await writeTinyResnet(join(folder, "resnet"), 7);
  for (const [name, { width, height, data }] of Object.entries(PICTURES)) {
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, name));
  }
  await writeFile(join(folder, "page.png"), "<html>404</html>");
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

let made = 0;
const detectorFolder = () => join(folder, `detector-${made++}`);

const post = (image: string | undefined, text = "a post"): Document => ({
  id: `${image}`,
  text,
  ...(image === undefined ? {} : { image }),
  entities: [],
  relations: [],
});

/** The real encoder, counting what it encodes. */
async function countingEncoder(): Promise<PictureEncoder & { encoded: number }> {
  const encoder = await openPictureEncoder(runtime, join(folder, "resnet"));
  const counting = {
    ...encoder,
    encoded: 0,
    encode(picture: Parameters<PictureEncoder["encode"]>[0]) {
      counting.encoded++;
      return encoder.encode(picture);
    },
  };
  return counting;
}

interface Opening {
  readonly layout?: "yolo" | "owl-vit";
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly objects?: number;
  readonly cacheFolder?: string;
}

async function withChannel<Result>(
  { layout = "yolo", settings = {}, objects = 3, cacheFolder }: Opening,
  use: (channel: PictureChannel, encoder: { encoded: number }) => Promise<Result>,
): Promise<Result> {
  const encoder = await countingEncoder();
  const place = await writeCellDetector(detectorFolder(), layout, settings);
  const detector = await openObjectDetector(runtime, place);
  const channel = await PictureChannel.open(encoder, {
    place: "resnet",
    promptLength: PROMPT_LENGTH,
    cacheFolder,
    crops: { place, detector, objects },
  });
  try {
    return await use(channel, encoder);
  } finally {
    await channel.dispose();
  }
}

const featuresOf = (channel: PictureChannel, documents: readonly Document[]) =>
  channel.featuresOf(documents, { pictures: folder }, undefined);

/** Maps of pixels, by the encoder alone. */
async function mapsOf(...pictures: Parameters<PictureEncoder["encode"]>[0][]): Promise<Float32Array[]> {
  const encoder = await countingEncoder();
  const maps = [];
  for (const picture of pictures) maps.push((await encoder.encode(picture)).maps);
  await encoder.dispose();
  return maps;
}

describe("PictureChannel with a detector", () => {
  it("tells where the crops are whose features it gives, in the same order, and none beyond its number of objects", async () => {
    const path = join(folder, "both.png");
    const boxes = {
      red: { left: 16, top: 0, right: 32, bottom: 16 },
      blue: { left: 48, top: 48, right: 64, bottom: 64 },
    };
    for (const objects of [3, 1]) {
      const { regions, features } = await withChannel({ objects }, async (channel) => ({
        regions: await channel.regionsOfPicture(path, "a post"),
        features: await channel.featuresOfPicture(path, "a post"),
      }));
      expect([regions.width, regions.height]).toEqual([64, 64]);
      expect(regions.crops.map(({ box }) => box)).toEqual([boxes.red, boxes.blue].slice(0, objects));
      expect(regions.crops.map(({ score }) => score)).toEqual(
        [1, 0.8].slice(0, objects).map((one) => expect.closeTo(one, 5)),
      );
      expect(features.maps).toHaveLength(1 + regions.crops.length);
    }
    const { crops } = await withChannel({}, (channel) =>
      channel.regionsOfPicture(join(folder, "black.png"), ""),
    );
    expect(crops).toEqual([]);
  });

  it("gives the whole picture, then its crops, the best first, each as its own pixels are encoded", async () => {
    const whole = PICTURES["both.png"];
    const red = painted(16, 16, [{ box: [0, 0, 16, 16], color: "red", light: 255 }]);
    const blue = painted(16, 16, [{ box: [0, 0, 16, 16], color: "blue", light: 204 }]);
    const { features, crops } = await withChannel({}, async (channel) => {
      expect(channel.objects).toBe(3);
      return featuresOf(
        channel,
        ["both.png", "red.png", "black.png", "both.png"].map((name) => post(name)),
      );
    });
    expect(features[0]?.maps).toEqual(await mapsOf(whole, red, blue));
    expect(features[1]?.maps).toEqual(await mapsOf(PICTURES["red.png"], red));
    expect(features[2]?.maps).toEqual(await mapsOf(PICTURES["black.png"]));
    expect(features[3]).toBe(features[0]);
    expect(crops).toEqual({ counts: [1, 1, 1, 0], degenerate: 0 });
  });

  it("masks the crops that are not there", async () => {
    const { features } = await withChannel({}, (channel) =>
      featuresOf(channel, [post("both.png"), post("black.png"), post("absent.png")]),
    );
    const sizes = { mapWidth: features[0]!.maps[0]!.length / PROMPT_LENGTH, classes: 32 };
    const shape = { ...sizes, pictures: 4, promptLength: PROMPT_LENGTH };
    const inputs = visualInputs(
      features.map((visual) => ({ visual })),
      shape,
    );
    expect(Array.from(inputs.picture_mask!.data, Number)).toEqual([1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("shows the crops alone where the whole picture is left out, and none for a picture without crops", async () => {
    const { features } = await withChannel({}, (channel) =>
      featuresOf(channel, [post("both.png"), post("black.png")]),
    );
    const sizes = { mapWidth: features[0]!.maps[0]!.length / PROMPT_LENGTH, classes: 32 };
    const shape = { ...sizes, pictures: 3, wholePicture: false, promptLength: PROMPT_LENGTH };
    const { maps, picture_mask, semantic_weights } = visualInputs(
      features.map((visual) => ({ visual })),
      shape,
    );
    expect(Array.from(picture_mask!.data, Number)).toEqual([1, 1, 0, 0, 0, 0]);
    const size = PROMPT_LENGTH * sizes.mapWidth;
    expect(maps!.data.slice(0, size)).toEqual(features[0]?.maps[1]);
    expect(maps!.data.slice(size, 2 * size)).toEqual(features[0]?.maps[2]);
    expect(Array.from(semantic_weights!.data, Number)).toEqual([0.5, 0.5]); // both have a picture
  });

  it("takes no more crops than asked for, the best", async () => {
    const [all, one] = await Promise.all(
      [3, 1].map((objects) =>
        withChannel(
          { objects },
          async (channel) => (await featuresOf(channel, [post("both.png")])).features[0],
        ),
      ),
    );
    expect(one?.maps).toEqual(all?.maps.slice(0, 2));
  });

  it("keeps missing and broken pictures apart from those without an object", async () => {
    const { features, broken, crops } = await withChannel({}, (channel) =>
      featuresOf(channel, [post("page.png"), post("absent.png"), post(undefined), post("black.png")]),
    );
    expect(features.map((one) => one?.maps.length)).toEqual([undefined, undefined, undefined, 1]);
    expect(broken).toEqual([expect.objectContaining({ image: "page.png", code: "encoder/not-a-picture" })]);
    expect(crops).toEqual({ counts: [1, 0, 0, 0], degenerate: 0 });
  });

  it("ends the run over a detector that gives impossible scores, and counts no picture as broken for it", async () => {
    const settings = { scale: 1e300 };
    await expect(
      withChannel({ settings }, (channel) => featuresOf(channel, [post("red.png")])),
    ).rejects.toMatchObject({ code: "encoder/bad-detector-output" });
  });

  it("finds in a file what it finds in its bytes", async () => {
    await withChannel({}, async (channel) => {
      const path = join(folder, "both.png");
      const fromFile = await channel.featuresOfPicture(path, "a post");
      const bytes = await sharp(path).png({ compressionLevel: 1 }).toBuffer();
      expect(await channel.featuresOfPicture(new Uint8Array(bytes), "a post")).toEqual(fromFile);
      expect(fromFile.maps.length).toBe(3);
    });
  });
});

describe("PictureChannel with a detector that reads the text", () => {
  const grounded = { layout: "owl-vit", settings: { textLength: TOKENS, scoreThreshold: 0.6 } } as const;

  it("crops what each text names, one picture and text together once", async () => {
    const texts = ["red thing", "blue thing", "red thing", "what?"];
    await withChannel(grounded, async (channel, encoder) => {
      const documents = texts.map((text) => post("both.png", text));
      const { features, crops } = await featuresOf(channel, documents);
      expect(crops).toEqual({ counts: [1, 2, 0, 0], degenerate: 0 });
      expect(features.map((one) => one?.maps.length)).toEqual([2, 2, 2, 1]);
      expect(features[0]).toBe(features[2]);
      expect(features[0]?.maps[1]).not.toEqual(features[1]?.maps[1]);
      expect(encoder.encoded).toBe(1 + 2); // the whole picture once, and two crops
    });
  });

  it("computes the whole picture once where there is a cache, whatever the texts", async () => {
    const cacheFolder = join(folder, "grounded-cache");
    const encoded = [];
    for (const texts of [["red", "blue"], ["red", "blue"], ["red and blue"]]) {
      encoded.push(
        await withChannel({ ...grounded, cacheFolder }, async (channel, encoder) => {
          await featuresOf(
            channel,
            texts.map((text) => post("both.png", text)),
          );
          return encoder.encoded;
        }),
      );
    }
    expect(encoded).toEqual([1 + 2, 0, 2]);
  });
});

describe("cached crops", () => {
  it("are found again by picture, detector and number, and apart from the whole picture", async () => {
    const cacheFolder = join(folder, "crop-cache");
    const run = (opening: Opening) =>
      withChannel({ ...opening, cacheFolder }, async (channel, encoder) => {
        const result = await featuresOf(channel, [post("both.png"), post("black.png")]);
        return { ...result, encoded: encoder.encoded };
      });
    const first = await run({});
    expect(first.encoded).toBe(2 + 2);
    const again = await run({});
    expect(again).toEqual({ ...first, encoded: 0 });
    expect((await run({ objects: 2 })).encoded).toBe(2); // crops only
    const picky = await run({ settings: { scoreThreshold: 0.9 } });
    expect(picky.encoded).toBe(1);
    expect(picky.crops?.counts).toEqual([1, 1, 0, 0]);
  });

  it("are the same features as computed ones, bit for bit, also after other pictures", async () => {
    const compute = (names: readonly string[], cacheFolder?: string) =>
      withChannel({ ...(cacheFolder ? { cacheFolder } : {}) }, async (channel) => {
        const { features } = await featuresOf(
          channel,
          names.map((name) => post(name)),
        );
        return new Map<string, VisualFeatures | undefined>(names.map((name, i) => [name, features[i]]));
      });
    const cacheFolder = join(folder, "resumed-cache");
    await compute(["red.png"], cacheFolder);
    const resumed = await compute(["black.png", "both.png", "red.png"], cacheFolder);
    const fresh = await compute(["both.png", "red.png", "black.png"]);
    for (const name of fresh.keys()) expect(resumed.get(name)).toEqual(fresh.get(name));
  });
});

describe("opening a channel with a detector", () => {
  const configOf = (detector: string, objects: number) =>
    parseConfig(
      {
        encoder: "no-text-encoder-is-read",
        data: { train: "t", validation: "v", pictures: folder },
        visual: { kind: "pictures", encoder: join(folder, "resnet"), detector },
        model: { objects },
      },
      "test",
    );
  const open = (detector: string, objects: number) =>
    openVisual(runtime, configOf(detector, objects), {} as TextEncoderFolder, detectorFolder(), {});

  it("keeps the detector with the model, and opens the same one again", async () => {
    const place = await writeCellDetector(detectorFolder(), "yolo");
    const channel = await open(place, 2);
    expect(channel?.objects).toBe(2);
    expect(channel?.saved.detector).toEqual({ place, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const { features } = await channel!.featuresOf([post("both.png")], { pictures: folder }, undefined);
    await channel?.dispose();

    const size = { promptLength: PROMPT_LENGTH, objects: 2 };
    const again = await reopenVisual(runtime, channel!.saved, size);
    expect(again?.objects).toBe(2);
    expect(await again?.featuresOfPicture?.(join(folder, "both.png"), "")).toEqual(features[0]);
    await again?.dispose();

    await writeCellDetector(join(place, ".."), "yolo", { scoreThreshold: 0.9 });
    await expect(reopenVisual(runtime, channel!.saved, size)).rejects.toMatchObject({
      code: "encoder/changed",
      place,
    });
    await rm(join(place, "../detector.onnx"));
    await expect(reopenVisual(runtime, channel!.saved, size)).rejects.toMatchObject({
      code: "encoder/no-model-file",
      remedy: expect.stringContaining("restore them"),
    });
  });

  it("opens no detector where no crop has a place", async () => {
    const channel = await open(join(folder, "absent.json"), 0);
    expect(channel?.objects).toBe(0);
    expect(channel?.saved.detector).toBeUndefined();
    await channel?.dispose();
  });

  it("refuses a detector beside captions", () => {
    const config = {
      encoder: "e",
      data: { train: "t", validation: "v", captions: { train: "c", validation: "c" } },
      visual: { kind: "captions", detector: "d.json" },
    };
    expect(() => parseConfig(config, "test")).toThrowError(
      expect.objectContaining({ code: "config/contradiction" }),
    );
  });
});
