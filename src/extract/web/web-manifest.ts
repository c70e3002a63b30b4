// relata-web.json: the record of a model exported for web pages. It lists the files with their hashes, and what else loading needs.
import { z } from "zod";
import { typePairSchema } from "../../extractors/pairs/type-constraints.ts";
import { calibrationSchema } from "../../extractors/shared/calibration.ts";
import { thresholdsSchema } from "../../extractors/shared/thresholds-record.ts";

/** Name of the record in an exported folder. */
export const WEB_MANIFEST = "relata-web.json";
export const WEB_FORMAT = "relata-web";
export const WEB_VERSION = 1;

/** Sizes shape buffers, so each has a bound. */
const MOST_BYTES = 2 ** 32;
const MOST_SIZE = 100_000_000;
const MOST_POSITIONS = 1_000;

const size = z.int().positive().max(MOST_SIZE);
const bytes = z.int().nonnegative().max(MOST_BYTES);
const text = z.string().min(1);
const number = z.number();
/** Below the folder: only letters, digits and "-_." in names, and no name that begins with a dot. */
const path = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/);

const fileSchema = z.strictObject({ path, bytes, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

const networkSchema = z.strictObject({
  /** The graph as onnxruntime runs it on the processor, and as it runs on a GPU; both read the same weights. */
  graphs: z.strictObject({ wasm: path, webgpu: path }),
  weights: z.strictObject({
    /** The packed weights in pieces; joined, they hold the tensors one after another. */
    pieces: z.array(path).min(1),
    /** The file that the graphs name, expanded to float32. */
    file: path,
    bytes,
    tensors: z.array(
      z.strictObject({
        name: text,
        shape: z.array(z.int().nonnegative().max(MOST_SIZE)),
        precision: z.enum(["fp32", "fp16", "int8"]),
        offset: bytes,
      }),
    ),
  }),
});

/** What a model sees besides the text; its graph has these inputs even if nothing fills them. */
const visualSchema = z.strictObject({
  label: z.enum(["pixels", "precomputed features", "caption-as-vision"]),
  /** Name of the picture encoder in `pictures`; null: posts cannot have a picture here. */
  encoder: text.nullable(),
  stages: z.array(z.int().positive()).min(1).optional(),
  mapWidth: size,
  classes: size,
  /** Pictures that a post has room for, and prompt positions of each. */
  pictures: z.int().positive().max(MOST_POSITIONS),
  wholePicture: z.boolean(),
  promptLength: z.int().positive().max(MOST_POSITIONS),
});

const common = {
  network: networkSchema,
  /** A tokenizer's definition and settings. */
  tokenizer: path,
  maxLength: size,
  calibration: calibrationSchema.nullable(),
  thresholds: thresholdsSchema.nullable(),
  /** Null: it reads texts only. */
  visual: visualSchema.nullable(),
};

const entitySchema = z.strictObject({
  ...common,
  entityTypes: z.array(text).min(1),
  subwords: z.enum(["x", "inside"]),
  constrained: z.boolean(),
  crf: z.strictObject({ start: z.array(number), end: z.array(number), transitions: z.array(number) }),
});

const relationSchema = z.strictObject({
  ...common,
  relations: z.array(text).min(1),
  truncation: z.enum(["report", "error"]),
  /** Absent: a text is read once for each pair. */
  pairs: z.literal("packed").optional(),
  /** Rows of the word table without those of the mention markers. */
  vocabulary: size,
});

const categorySchema = z.strictObject({ ...common, categories: z.array(text).min(1) });

const triple = z.tuple([number, number, number]);
const filter = z.enum(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", "aligned-corners"]);
const resizeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("shortest-edge"), size, longest: size.optional() }),
  z.strictObject({ kind: z.literal("exact"), width: size, height: size }),
]);

const pictureSchema = z.strictObject({
  network: networkSchema,
  fingerprint: text,
  width: size,
  height: size,
  channels: size,
  stages: z.array(size).min(1),
  classes: size,
  preprocessing: z.strictObject({
    resize: resizeSchema,
    resample: filter,
    crop: z.strictObject({ width: size, height: size, rounding: z.enum(["down", "even"]) }).nullable(),
    scale: number,
    mean: triple,
    deviation: triple,
  }),
});

/** The contents of relata-web.json. */
export const webManifestSchema = z.strictObject({
  format: z.literal(WEB_FORMAT),
  version: z.literal(WEB_VERSION),
  /** Identifies the model that was exported, whatever precision it was exported in. */
  model: text,
  precision: z.enum(["fp32", "fp16", "int8"]),
  entities: entitySchema.nullable(),
  relations: relationSchema.nullable(),
  categories: categorySchema.nullable(),
  /** Which types can be related. */
  typeConstraints: z
    .strictObject({ pairs: z.array(typePairSchema).readonly(), types: z.array(text).readonly() })
    .nullable(),
  /** Picture encoders by name. */
  pictures: z.record(text, pictureSchema),
  /** What the export left out, one sentence each. */
  notices: z.array(text),
  /** Every file of the folder except this one. */
  files: z.array(fileSchema).min(1),
});

/** The record of a model exported for web pages. */
export type WebManifest = z.output<typeof webManifestSchema>;
export type WebFile = z.output<typeof fileSchema>;
export type WebNetwork = z.output<typeof networkSchema>;
export type WebVisual = z.output<typeof visualSchema>;
export type WebPicture = z.output<typeof pictureSchema>;
export type WebEntityPart = z.output<typeof entitySchema>;
export type WebRelationPart = z.output<typeof relationSchema>;
export type WebCategoryPart = z.output<typeof categorySchema>;
