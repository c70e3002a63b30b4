// Reads the settings of the CLIP, SigLIP, ViT, Bit (DINOv2) and ConvNeXT (ResNet) picture processors, old and new spellings.
import { z } from "zod";
import { EncoderError } from "../../base/errors.ts";
import { withoutNulls } from "../../base/json.ts";
import { checkShape, VALUES_SHOWN } from "../../base/schema-issues.ts";
import type { PicturePreprocessing } from "./preprocess.ts";
import type { Resample } from "./resize.ts";

/** PIL's numbers for its filters. */
const RESAMPLES: readonly Resample[] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

// ConvNeXT's processor crops below this size and stretches otherwise.
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
const size = z.union([
  side,
  z.object({ shortest_edge: side }),
  z.object({ height: side, width: side }),
  z.tuple([side, side]).transform(([height, width]) => ({ height, width })),
  z.tuple([side]).transform(([edge]) => edge),
]);
/** A filter by PIL's number, or by torchvision's name. */
const resample = z.union([
  z.number().int().min(0).max(5),
  z
    .string()
    .transform((name) => RESAMPLES.indexOf(name.toLowerCase().replace(/^.*\./, "") as Resample))
    .refine((index) => index >= 0, `expected one of ${RESAMPLES.join(", ")}`),
]);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const configSchema = z.object({
  image_processor_type: z.string().optional(),
  feature_extractor_type: z.string().optional(),
  do_resize: z.boolean().optional(),
  size: size.optional(),
  resample: resample.optional(),
  do_center_crop: z.boolean().optional(),
  crop_size: size.optional(),
  crop_pct: z.number().positive().max(1).optional(),
  do_rescale: z.boolean().optional(),
  rescale_factor: z.number().positive().optional(),
  do_normalize: z.boolean().optional(),
  image_mean: triple.optional(),
  image_std: triple.optional(),
});
type Config = z.infer<typeof configSchema>;

/** Defaults of a processor. */
interface Defaults {
  readonly size: number;
  readonly isStretched: boolean;
  readonly resample: number;
  readonly crops: boolean;
  readonly mean: Triple;
  readonly deviation: Triple;
}

const CLIP_DEFAULTS: Defaults = {
  size: 224,
  isStretched: false,
  resample: 3,
  crops: true,
  mean: CLIP_MEAN,
  deviation: CLIP_DEVIATION,
};

const DEFAULTS: Readonly<Record<"CLIP" | "Bit" | "ViT" | "Siglip" | "ConvNext", Defaults>> = {
  CLIP: CLIP_DEFAULTS,
  Bit: CLIP_DEFAULTS,
  ViT: { size: 224, isStretched: true, resample: 2, crops: false, mean: HALF, deviation: HALF },
  Siglip: { size: 224, isStretched: true, resample: 3, crops: false, mean: HALF, deviation: HALF },
  ConvNext: { size: 384, isStretched: false, resample: 3, crops: false, mean: HALF, deviation: HALF },
};

/** The processors of model types, for settings that do not name one. */
const FAMILY_OF_MODEL: Readonly<Record<string, keyof typeof DEFAULTS>> = {
  clip: "CLIP",
  vit: "ViT",
  resnet: "ConvNext",
  dinov2: "Bit",
  siglip: "Siglip",
  siglip_vision_model: "Siglip",
};

/**
 * Reads the preprocessing from the content of a preprocessor_config.json. A null setting has the
 * processor's default.
 *
 * @param modelType of the config.json in the same folder: determines the processor if the settings do not
 * name it
 * @throws EncoderError `encoder/bad-preprocessor`, `encoder/unsupported-preprocessor` for another family's processor.
 */
export function parsePreprocessing(
  json: unknown,
  place = "preprocessor_config.json",
  modelType?: unknown,
): PicturePreprocessing {
  const parsed = checkShape(configSchema, withoutNulls(json), {
    whole: "the whole file",
    wording: VALUES_SHOWN,
  });
  if (!parsed.success) throw badPreprocessor(place, parsed.faults.join("; "), parsed.error);
  const config = parsed.data;
  const family = familyOf(config, place, modelType);
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

function familyOf(config: Config, place: string, modelType: unknown): keyof typeof DEFAULTS {
  const name = config.image_processor_type ?? config.feature_extractor_type ?? "";
  const ofModel = name === "" && typeof modelType === "string" ? FAMILY_OF_MODEL[modelType] : undefined;
  if (ofModel !== undefined) return ofModel;
  const family = /^(CLIP|Bit|ViT|Siglip|ConvNext)(?:ImageProcessor(?:Fast|Pil)?|FeatureExtractor)$/.exec(
    name,
  )?.[1];
  if (family !== undefined) return family as keyof typeof DEFAULTS;
  throw new EncoderError({
    code: "encoder/unsupported-preprocessor",
    message: `unknown image processor: ${JSON.stringify(name)} (known: CLIP, Bit, ViT, Siglip, ConvNext ImageProcessor)`,
    place,
    value: name,
    remedy:
      "Use an encoder of the CLIP, SigLIP, ViT, DINOv2 or ResNet family, or describe the preprocessing in the configuration.",
  });
}

/** `encoder/bad-preprocessor` */
export function badPreprocessor(place: string, what: string, cause?: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/bad-preprocessor",
    message: `${place}: ${what}`,
    place,
    cause,
    remedy: "Correct the file or download it again.",
  });
}
