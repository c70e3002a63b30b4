import { describe, expect, it } from "vitest";
import { loadPreprocessing } from "./load-preprocessing.ts";
import { cropCenter, type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
import { parsePreprocessing, TORCHVISION_RESNET } from "./preprocessor-config.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** A grey picture whose rows and columns are numbered: pixel value 10 * y + x. */
function numbered(width: number, height: number): RgbPicture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data.fill(10 * Math.floor(i / width) + (i % width), 3 * i, 3 * i + 3);
  }
  return { width, height, data };
}

const red = (picture: RgbPicture): number[] => Array.from(picture.data.filter((_, i) => i % 3 === 0));

const PLAIN: PicturePreprocessing = {
  resize: { kind: "none" },
  resample: "bilinear",
  crop: undefined,
  scale: 1,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

describe("cropCenter", () => {
  it("rounds an odd remainder down like transformers or to even like torchvision", () => {
    expect(red(cropCenter(numbered(5, 1), 2, 1, "down"))).toEqual([1, 2]);
    // 3 / 2 rounds to 2.
    expect(red(cropCenter(numbered(5, 1), 2, 1, "even"))).toEqual([2, 3]);
    // 1 / 2 rounds to 0.
    expect(red(cropCenter(numbered(3, 1), 2, 1, "even"))).toEqual([0, 1]);
  });

  it("pads a smaller picture with black", () => {
    expect(red(cropCenter(numbered(2, 2), 3, 4, "down"))).toEqual([0, 0, 0, 0, 0, 1, 0, 10, 11, 0, 0, 0]);
    expect(red(cropCenter(numbered(2, 2), 3, 2, "even"))).toEqual([0, 1, 0, 10, 11, 0]);
  });
});

describe("preprocessPicture", () => {
  it("writes channel after channel, scaled and normalised in single precision", () => {
    const picture = { width: 2, height: 1, data: Uint8Array.from([255, 0, 51, 0, 255, 102]) };
    const how: PicturePreprocessing = {
      ...PLAIN,
      scale: 1 / 255,
      mean: [0.5, 0, 0],
      deviation: [0.5, 1, 0.1],
    };
    const { data } = preprocessPicture(picture, how);
    const third = [51, 102].map((v) => Math.fround(Math.fround(v / 255) / Math.fround(0.1)));
    expect([...data]).toEqual([1, -1, 0, 1, ...third]);
  });

  it("follows the shorter side and rounds the longer one down", () => {
    const how: PicturePreprocessing = { ...PLAIN, resize: { kind: "shortest-edge", size: 3 } };
    expect(preprocessPicture(numbered(5, 4), how)).toMatchObject({ width: 3, height: 3 });
    expect(preprocessPicture(numbered(2, 7), how)).toMatchObject({ width: 3, height: 10 });
  });

  it("samples between aligned corners without antialiasing", () => {
    const how: PicturePreprocessing = {
      ...PLAIN,
      resize: { kind: "exact", width: 3, height: 2 },
      resample: "aligned-corners",
    };
    const { data } = preprocessPicture(numbered(6, 4), how);
    expect([...data.subarray(0, 6)]).toEqual([0, 2.5, 5, 30, 32.5, 35]);
  });
});

describe("parsePreprocessing", () => {
  it("reads CLIP's processor in its old and new spelling", () => {
    const expected = {
      resize: { kind: "shortest-edge", size: 224 },
      resample: "bicubic",
      crop: { width: 224, height: 224, rounding: "down" },
      mean: [0.48145466, 0.4578275, 0.40821073],
    };
    const old = { feature_extractor_type: "CLIPFeatureExtractor", size: 224, crop_size: 224, resample: 3 };
    expect(parsePreprocessing(old)).toMatchObject(expected);
    const current = {
      image_processor_type: "CLIPImageProcessor",
      size: { shortest_edge: 224 },
      crop_size: { height: 224, width: 224 },
      resample: 3,
    };
    expect(parsePreprocessing(current)).toMatchObject(expected);
  });

  it("reads ViT's processor as a stretch", () => {
    const vit = { image_processor_type: "ViTImageProcessor", size: { height: 224, width: 224 }, resample: 2 };
    expect(parsePreprocessing(vit)).toMatchObject({
      resize: { kind: "exact", width: 224, height: 224 },
      resample: "bilinear",
      crop: undefined,
      mean: [0.5, 0.5, 0.5],
    });
    expect(parsePreprocessing({ feature_extractor_type: "ViTFeatureExtractor", size: 32 }).resize).toEqual({
      kind: "exact",
      width: 32,
      height: 32,
    });
  });

  it("reads ResNet's processor: resize by crop_pct and crop below 384, stretch from there on", () => {
    const resnet = {
      feature_extractor_type: "ConvNextFeatureExtractor",
      size: 224,
      crop_pct: 0.875,
      resample: 3,
    };
    expect(parsePreprocessing(resnet)).toMatchObject({
      resize: { kind: "shortest-edge", size: 256 },
      crop: { width: 224, height: 224, rounding: "down" },
    });
    expect(parsePreprocessing({ ...resnet, size: 384 })).toMatchObject({
      resize: { kind: "exact", width: 384, height: 384 },
      crop: undefined,
    });
  });

  it("honours switches that are off", () => {
    const off = {
      image_processor_type: "CLIPImageProcessor",
      do_normalize: false,
      do_rescale: false,
      do_center_crop: false,
      do_resize: false,
    };
    expect(parsePreprocessing(off)).toMatchObject({ ...PLAIN, resample: "bicubic" });
  });

  it("refuses unknown processors, wrong values and missing files with codes", async () => {
    expect(() => parsePreprocessing({ image_processor_type: "DetrImageProcessor" })).toThrow(
      'unknown image processor: "DetrImageProcessor"',
    );
    expect(() => parsePreprocessing({ image_processor_type: "ViTImageProcessor", size: -1 })).toThrow("size");
    await expect(loadPreprocessing("no-such-folder")).rejects.toMatchObject({
      code: "encoder/no-preprocessor",
    });
  });

  it("knows torchvision's transform for ResNets", () => {
    expect(preprocessPicture(numbered(20, 10), TORCHVISION_RESNET)).toMatchObject({
      width: 224,
      height: 224,
    });
  });
});
