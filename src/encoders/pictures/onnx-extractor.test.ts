// Tiny Darknet, a real ImageNet classifier, against the top classes that its original TensorFlow.js model gives.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { readPicture } from "./decode.ts";
import { joinPooledMaps, OnnxExtractor } from "./onnx-extractor.ts";
import type { PicturePreprocessing } from "./preprocess.ts";
import type { RgbPicture } from "./rgb-picture.ts";

const shared = resolve(process.env.RELATA_SHARED ?? "../shared");
const darknet = join(shared, "models/tiny-darknet");

const PREPROCESSING: PicturePreprocessing = {
  resize: { kind: "exact", width: 224, height: 224 },
  resample: "aligned-corners",
  crop: undefined,
  scale: 1 / 255,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

// Photo, top class, probability: the table in the model's README.
const TOP_CLASSES = [
  ["coco-mini/images/000000244592.jpg", "zebra", 0.89],
  ["coco-mini/images/000000466137.jpg", "teddy", 0.86],
  ["coco-mini/images/000000358083.jpg", "Siamese cat", 0.47],
  ["coco-mini/images/000000359219.jpg", "meat loaf", 0.71],
  ["mnre/images/twitter_stream_2018_07_23_3_0_2_87.jpg", "tractor", 0.51],
  ["mnre/images/twitter_stream_2018_05_07_16_0_2_108.jpg", "sports car", 0.56],
  ["mnre/images/twitter_stream_2018_10_10_21_0_2_121.jpg", "fur coat", 0.09],
  ["flickr8k-1000/images/1003163366_44323f5815.jpg", "oxcart", 0.1],
] as const;

describe("joinPooledMaps", () => {
  it("averages quarters and joins the maps on the channels", () => {
    const square = Float32Array.from({ length: 2 * 16 }, (_, i) => i);
    const small = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    const joined = joinPooledMaps(
      [
        { name: "a", tensor: hostTensor("float32", [2, 1, 4, 4], square) },
        { name: "b", tensor: hostTensor("float32", [2, 1, 2, 2], small) },
      ],
      2,
    );
    expect(joined.shape).toEqual([2, 2, 2, 2]);
    // The first quarter of 0..15 in rows of four holds 0, 1, 4, 5.
    expect([...joined.data]).toEqual([2.5, 4.5, 10.5, 12.5, 1, 2, 3, 4, 18.5, 20.5, 26.5, 28.5, 5, 6, 7, 8]);
  });

  it("refuses a map that does not pool to 2 x 2", () => {
    const tensor = hostTensor("float32", [1, 1, 3, 3], new Float32Array(9));
    expect(() => joinPooledMaps([{ name: "stage", tensor }], 1)).toThrow(
      'output "stage" is float32 [1, 1, 3, 3]',
    );
  });
});

describe.skipIf(!existsSync(darknet))(
  "OnnxExtractor on Tiny Darknet (needs the shared models folder)",
  () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await Runtime.open({ threads: 2 });
    });
    afterAll(async () => {
      await runtime.dispose();
    });

    const config = {
      model: join(darknet, "model.onnx"),
      input: "pixels",
      preprocessing: PREPROCESSING,
      maps: ["stage_2", "stage_3", "stage_4", "stage_5"],
      logits: "logits",
    };

    it("gives the original model's top classes and maps [batch, 928, 2, 2]", async () => {
      await using extractor = await OnnxExtractor.open(runtime, config);
      const labels = JSON.parse(await readFile(join(darknet, "labels.json"), "utf8")) as string[];
      const pictures: RgbPicture[] = [];
      for (const [file] of TOP_CLASSES) {
        const outcome = await readPicture(join(shared, "data", file));
        if (outcome.state === "present") pictures.push(outcome.picture);
      }
      const { maps, logits } = await extractor.extract(pictures);
      expect(maps.shape).toEqual([8, 32 + 128 + 256 + 512, 2, 2]);
      expect(maps.data.every((value) => Number.isFinite(value))).toBe(true);
      expect(logits?.shape).toEqual([8, 1000]);
      for (const [i, [file, label, probability]] of TOP_CLASSES.entries()) {
        const row = Array.from(logits?.data.subarray(i * 1000, (i + 1) * 1000) ?? []);
        const largest = Math.max(...row);
        const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0);
        expect(labels[row.indexOf(largest)], file).toBe(label);
        expect(Math.abs(1 / sum - probability), file).toBeLessThan(0.0051); // two decimals in the table
      }
    });

    it("gives the same features in a batch and alone", async () => {
      await using extractor = await OnnxExtractor.open(runtime, { ...config, maps: ["stage_5"] });
      const picture: RgbPicture = {
        width: 2,
        height: 2,
        data: Uint8Array.from({ length: 12 }, (_, i) => 20 * i),
      };
      const dark: RgbPicture = { width: 1, height: 1, data: new Uint8Array(3) };
      const alone = await extractor.extract([dark]);
      const both = await extractor.extract([picture, dark]);
      const second = both.maps.data.subarray(alone.maps.data.length);
      const largest = alone.maps.data.reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - (second[i] ?? 0))),
        0,
      );
      expect(largest).toBeLessThan(1e-4);
    });

    it("names the outputs that there are when a name is wrong", async () => {
      await expect(OnnxExtractor.open(runtime, { ...config, maps: ["stage_9"] })).rejects.toMatchObject({
        code: "encoder/no-such-output",
        message: expect.stringContaining("stage_5"),
      });
    });
  },
);
