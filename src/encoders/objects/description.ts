// The JSON file that describes an ONNX object detector: its input, its output layout and which boxes to keep.
import { z } from "zod";
import type { PicturePreprocessing } from "../pictures/preprocess.ts";

const name = z.string().min(1);
const side = z.int().positive().max(10_000);
const share = z.number().min(0).max(1);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const positiveTriple = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

const resize = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("exact"), width: side, height: side }),
  z.strictObject({ kind: z.literal("shortest-edge"), size: side, longest: side }),
  z.strictObject({
    kind: z.literal("letterbox"),
    width: side,
    height: side,
    placement: z.enum(["center", "corner"]).default("center"),
    fill: z.number().min(0).max(255).default(114),
  }),
]);

/** Fields common to all layouts. */
const common = {
  model: name,
  /** Name of the input, float32 [1, 3, height, width], or [3, height, width] as torchvision exports it. */
  input: name,
  resize,
  resample: z.enum(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]).default("bilinear"),
  scale: z
    .number()
    .positive()
    .default(1 / 255),
  mean: triple.default([0, 0, 0]),
  deviation: positiveTriple.default([1, 1, 1]),
  scoreThreshold: share.default(0.5),
  maxObjects: z.int().positive().max(100).default(16),
  minAreaShare: share.default(0.01),
  iouThreshold: share.default(0.5),
} as const;

const classes = z.array(z.string()).min(1).optional();
const output = name.default("output0");

/** By layout; the default output names are those of the usual exporters. */
export const detectorSchema = z.discriminatedUnion("layout", [
  z.strictObject({
    layout: z.literal("detr"),
    ...common,
    logits: name.default("logits"),
    boxes: name.default("pred_boxes"),
    activation: z.enum(["softmax", "sigmoid"]).default("softmax"),
    /** Whether the last class means "no object"; by default true with softmax. */
    noObject: z.boolean().optional(),
    /** An extra input of ones, int64 [1, height, width], in older exports. */
    pixelMask: z.strictObject({ input: name, height: side, width: side }).optional(),
    classes,
  }),
  z.strictObject({ layout: z.literal("yolo"), ...common, output, classes }),
  z.strictObject({ layout: z.literal("yolov5"), ...common, output, classes }),
  z.strictObject({ layout: z.literal("end-to-end"), ...common, output, classes }),
  z.strictObject({
    layout: z.literal("boxes"),
    ...common,
    boxes: name.default("boxes"),
    scores: name.default("scores"),
    labels: name.optional(),
    classes,
  }),
  z.strictObject({
    layout: z.literal("owl-vit"),
    ...common,
    scoreThreshold: share.default(0.1),
    logits: name.default("logits"),
    boxes: name.default("pred_boxes"),
    inputIds: name.default("input_ids"),
    attentionMask: name.default("attention_mask"),
    /** Folder of the tokenizer, relative to the description. */
    tokenizer: name.default("."),
    /** Tokens per query, padding included. */
    textLength: z.int().min(3).max(512).default(16),
    /** Fixed queries for every picture; absent: queries come from each text. */
    queries: z.array(name).min(1).optional(),
    maxQueries: z.int().positive().max(64).default(8),
    /** Template of a query; `{}` is replaced by the query. */
    prompt: z
      .string()
      .refine((text) => text.includes("{}"), "must contain {}, which stands for the query")
      .default("a photo of {}"),
  }),
]);

export type DetectorDescription = z.output<typeof detectorSchema>;
export type GroundingDescription = Extract<DetectorDescription, { layout: "owl-vit" }>;

/** Picture preprocessing. */
export function preprocessingOf({
  resize: how,
  resample,
  scale,
  mean,
  deviation,
}: DetectorDescription): PicturePreprocessing {
  return { resize: how, resample, crop: undefined, scale, mean, deviation };
}
