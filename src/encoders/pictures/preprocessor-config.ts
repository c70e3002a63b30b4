// Reads preprocessor_config.json of the CLIP, ViT and ConvNeXT (ResNet) processors, old and new spellings.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EncoderError } from "../../errors.ts";
import type { PicturePreprocessing } from "./preprocess.ts";
import type { Resample } from "./resize.ts";

/** PIL's numbers for its filters. */
const RESAMPLES: readonly Resample[] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

// ConvNeXT's processor crops below this size and stretches from it on.
const CONVNEXT_STRETCH_SIZE = 384;

type Triple = readonly [number, number, number];
const HALF: Triple = [0.5, 0.5, 0.5];
const IMAGENET_MEAN: Triple = [0.485, 0.456, 0.406];
const IMAGENET_DEVIATION: Triple = [0.229, 0.224, 0.225];
const CLIP_MEAN: Triple = [0.48145466, 0.4578275, 0.40821073];
const CLIP_DEVIATION: Triple = [0.26862954, 0.26130258, 0.27577711];

/** torchvision's evaluation transform for ResNets: shorter side 256, bilinear, middle 224 x 224, ImageNet's statistics. */
export const TORCHVISION_RESNET: PicturePreprocessing = {
  resize: { kind: "shortest-edge", size: 256 },
  resample: "bilinear",
  crop: { width: 224, height: 224, rounding: "even" },
  scale: 1 / 255,
  mean: IMAGENET_MEAN,
  deviation: IMAGENET_DEVIATION,
};

const side = z.number().int().positive().max(10_000);
const size = z.union([side, z.object({ shortest_edge: side }), z.object({ height: side, width: side })]);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const configSchema = z.object({
  image_processor_type: z.string().optional(),
  feature_extractor_type: z.string().optional(),
  do_resize: z.boolean().optional(),
  size: size.optional(),
  resample: z.number().int().min(0).max(5).optional(),
  do_center_crop: z.boolean().optional(),
  crop_size: size.optional(),
  crop_pct: z.number().positive().max(1).nullish(),
  do_rescale: z.boolean().optional(),
  rescale_factor: z.number().positive().optional(),
  do_normalize: z.boolean().optional(),
  image_mean: triple.nullish(),
  image_std: triple.nullish(),
});
type Config = z.infer<typeof configSchema>;

/** What a processor does where its file is silent. */
interface Defaults {
  readonly size: number;
  readonly isStretched: boolean;
  readonly resample: number;
  readonly crops: boolean;
  readonly mean: Triple;
  readonly deviation: Triple;
}

const DEFAULTS: Readonly<Record<"CLIP" | "ViT" | "ConvNext", Defaults>> = {
  CLIP: {
    size: 224,
    isStretched: false,
    resample: 3,
    crops: true,
    mean: CLIP_MEAN,
    deviation: CLIP_DEVIATION,
  },
  ViT: { size: 224, isStretched: true, resample: 2, crops: false, mean: HALF, deviation: HALF },
  ConvNext: { size: 384, isStretched: false, resample: 3, crops: false, mean: HALF, deviation: HALF },
};

/**
 * The preprocessing of an encoder's folder.
 *
 * @throws EncoderError `encoder/no-preprocessor` when there is no preprocessor_config.json, and the codes of `parsePreprocessing`.
 */
export async function loadPreprocessing(folder: string): Promise<PicturePreprocessing> {
  const path = join(folder, "preprocessor_config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new EncoderError({
      code: "encoder/no-preprocessor",
      message: `loadPreprocessing: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      place: path,
      cause,
      remedy: "Add the encoder's preprocessor_config.json; for torchvision weights pass TORCHVISION_RESNET.",
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw badConfig(path, "is not JSON", cause);
  }
  return parsePreprocessing(json, path);
}

/**
 * The preprocessing that the content of a preprocessor_config.json describes.
 *
 * @throws EncoderError `encoder/bad-preprocessor`, `encoder/unsupported-preprocessor` for another family's processor.
 */
export function parsePreprocessing(json: unknown, place = "preprocessor_config.json"): PicturePreprocessing {
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) throw badConfig(place, z.prettifyError(parsed.error), parsed.error);
  const config = parsed.data;
  const family = familyOf(config, place);
  const defaults = DEFAULTS[family];
  const isRescaled = config.do_rescale ?? true;
  const isNormalized = config.do_normalize ?? true;
  return {
    ...(family === "ConvNext" ? convNextGeometry(config, defaults) : plainGeometry(config, defaults)),
    resample: RESAMPLES[config.resample ?? defaults.resample] ?? "bilinear",
    scale: isRescaled ? (config.rescale_factor ?? 1 / 255) : 1,
    mean: isNormalized ? (config.image_mean ?? defaults.mean) : [0, 0, 0],
    deviation: isNormalized ? (config.image_std ?? defaults.deviation) : [1, 1, 1],
  };
}

type Geometry = Pick<PicturePreprocessing, "resize" | "crop">;

function plainGeometry(config: Config, defaults: Defaults): Geometry {
  const crop =
    (config.do_center_crop ?? defaults.crops) ? squareOf(config.crop_size ?? defaults.size) : undefined;
  return {
    resize: (config.do_resize ?? true) ? resizeOf(config.size ?? defaults.size, defaults) : { kind: "none" },
    crop: crop === undefined ? undefined : { ...crop, rounding: "down" },
  };
}

/** Below 384: shorter side size / crop_pct, middle square; else stretched. */
function convNextGeometry(config: Config, defaults: Defaults): Geometry {
  if (config.do_resize === false) return { resize: { kind: "none" }, crop: undefined };
  const edge = squareOf(config.size ?? defaults.size).height;
  if (edge >= CONVNEXT_STRETCH_SIZE) {
    return { resize: { kind: "exact", width: edge, height: edge }, crop: undefined };
  }
  const larger = Math.trunc(edge / (config.crop_pct ?? 224 / 256));
  return {
    resize: { kind: "shortest-edge", size: larger },
    crop: { width: edge, height: edge, rounding: "down" },
  };
}

function resizeOf(value: z.infer<typeof size>, defaults: Defaults): PicturePreprocessing["resize"] {
  if (typeof value === "object" && "height" in value) return { kind: "exact", ...value };
  if (typeof value === "object") return { kind: "shortest-edge", size: value.shortest_edge };
  return defaults.isStretched
    ? { kind: "exact", width: value, height: value }
    : { kind: "shortest-edge", size: value };
}

function squareOf(value: z.infer<typeof size>): { readonly width: number; readonly height: number } {
  if (typeof value === "number") return { width: value, height: value };
  return "height" in value ? value : { width: value.shortest_edge, height: value.shortest_edge };
}

function familyOf(config: Config, place: string): keyof typeof DEFAULTS {
  const name = config.image_processor_type ?? config.feature_extractor_type ?? "";
  const family = /^(CLIP|ViT|ConvNext)(?:ImageProcessor(?:Fast|Pil)?|FeatureExtractor)$/.exec(name)?.[1];
  if (family !== undefined) return family as keyof typeof DEFAULTS;
  throw new EncoderError({
    code: "encoder/unsupported-preprocessor",
    message: `parsePreprocessing: the image processor ${JSON.stringify(name)} is not known (known: CLIP, ViT, ConvNext ImageProcessor)`,
    place,
    value: name,
    remedy:
      "Use an encoder of the CLIP, ViT or ResNet family, or describe the preprocessing in the configuration.",
  });
}

function badConfig(place: string, what: string, cause: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/bad-preprocessor",
    message: `parsePreprocessing: ${place}: ${what}`,
    place,
    cause,
    remedy: "Correct the file or download it again.",
  });
}
