import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadPreprocessing } from "./load-preprocessing.ts";
import type { PicturePreprocessing } from "./preprocess.ts";

const CLIP = {
  crop_size: { height: 32, width: 32 },
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  image_processor_type: "CLIPImageProcessor",
  resample: 3,
  rescale_factor: 1 / 255,
  size: { shortest_edge: 32 },
} as const;
const VIT = { image_processor_type: "ViTImageProcessorFast", size: { height: 32, width: 32 } } as const;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-preprocessing-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What a folder with these files, and no others, prepares. */
async function of(files: Readonly<Record<string, unknown>>): Promise<PicturePreprocessing> {
  await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "relata-preprocessing-"));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(content));
  }
  return loadPreprocessing(folder);
}

describe("loadPreprocessing", () => {
  it("reads the settings wherever a version of the published libraries keeps them", async () => {
    const plain = await of({ preprocessor_config: CLIP });
    expect(plain.crop).toMatchObject({ width: 32, height: 32 });
    const { image_processor_type: type, ...settings } = CLIP;
    for (const files of [
      { processor_config: { image_processor: CLIP, processor_class: "CLIPProcessor" } },
      { processor_config: { image_processor: null, feature_extractor: CLIP } },
      { processor_config: { image_processor: CLIP, video_processor: { size: { height: 8, width: 8 } } } },
      { processor_config: { processor_class: "CLIPProcessor" }, preprocessor_config: CLIP },
      { processor_config: { image_processor: CLIP }, preprocessor_config: CLIP },
      { preprocessor_config: { ...settings, feature_extractor_type: "CLIPFeatureExtractor" } },
      { preprocessor_config: { ...CLIP, image_processor_type: `${type}Fast` } },
      { preprocessor_config: { ...settings, image_processor_type: null }, config: { model_type: "clip" } },
      { preprocessor_config: settings, config: { architectures: ["CLIPModel"] } },
    ]) {
      expect(await of(files)).toEqual(plain);
    }
  });

  it("takes null for a setting's default, whichever setting it is", async () => {
    const fields = [
      ...["do_resize", "size", "resample", "do_center_crop", "crop_size", "do_rescale", "rescale_factor"],
      ...[
        "do_normalize",
        "image_mean",
        "image_std",
        "crop_pct",
        "do_convert_rgb",
        "data_format",
        "device",
        "do_pad",
      ],
    ];
    for (const type of ["ViTImageProcessorFast", "CLIPImageProcessor", "ConvNextImageProcessorFast"]) {
      const silent = await of({ preprocessor_config: { image_processor_type: type } });
      const nulls = Object.fromEntries(fields.map((field) => [field, null]));
      expect(await of({ preprocessor_config: { ...nulls, image_processor_type: type } })).toEqual(silent);
      expect(
        await of({ processor_config: { image_processor: { ...nulls, image_processor_type: type } } }),
      ).toEqual(silent);
    }
    const nested = { shortest_edge: null, longest_edge: null, height: 32, width: 32 };
    expect(await of({ preprocessor_config: { ...VIT, size: nested } })).toEqual(
      await of({ preprocessor_config: VIT }),
    );
  });

  it("reads a size as a number, a pair, or sides by name, and a filter as a number or by name", async () => {
    const square = await of({ preprocessor_config: VIT });
    for (const size of [32, [32, 32], [32]]) {
      expect(await of({ preprocessor_config: { ...VIT, size } })).toEqual(square);
    }
    const clip = await of({ preprocessor_config: CLIP });
    for (const changes of [
      { size: 32 },
      { size: { shortest_edge: 32, longest_edge: 400 } },
      { crop_size: 32 },
    ]) {
      expect(await of({ preprocessor_config: { ...CLIP, ...changes } })).toEqual(clip);
    }
    for (const resample of ["bicubic", "BICUBIC", "PILImageResampling.BICUBIC"]) {
      expect(await of({ preprocessor_config: { ...CLIP, resample } })).toEqual(clip);
    }
    await expect(of({ preprocessor_config: { ...CLIP, resample: "cubic" } })).rejects.toThrow(
      "resample: expected one of",
    );
  });

  it("refuses two files that contradict each other", async () => {
    const processor_config = { image_processor: { ...CLIP, size: { shortest_edge: 48 } } };
    await expect(of({ preprocessor_config: CLIP, processor_config })).rejects.toMatchObject({
      code: "encoder/bad-preprocessor",
      message: expect.stringContaining("from image_processor of processor_config.json"),
    });
  });

  it("names both files where neither says it", async () => {
    await expect(of({})).rejects.toMatchObject({
      code: "encoder/no-preprocessor",
      message: expect.stringContaining("neither preprocessor_config.json nor processor_config.json"),
    });
    await expect(of({ processor_config: { image_processor: null } })).rejects.toMatchObject({
      code: "encoder/no-preprocessor",
      message: expect.stringContaining("its processor_config.json has no image_processor"),
    });
  });
});
