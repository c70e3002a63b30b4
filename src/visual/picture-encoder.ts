// Frozen picture encoders behind one interface: a folder in the Hugging Face layout (ResNet, CLIP, SigLIP, ViT, DINOv2), or any
// ONNX file with a description.
import { join } from "node:path";
import { z } from "zod";
import { resolveEncoder } from "../encoders/folder.ts";
import { neededByPictures } from "../encoders/needed-weights.ts";
import {
  combinedFingerprint,
  modelOfDescription,
  onnxFingerprint,
  readDescription,
} from "../encoders/onnx-file.ts";
import { pictureNetwork, type WeightNames } from "../encoders/picture-network.ts";
import { loadPreprocessing } from "../encoders/pictures/load-preprocessing.ts";
import { OnnxExtractor } from "../encoders/pictures/onnx-extractor.ts";
import { preprocessInThread } from "../encoders/pictures/pixel-threads.ts";
import { type PicturePreprocessing, preprocessPicture } from "../encoders/pictures/preprocess.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { EncoderDownload } from "../encoders/text-encoder.ts";
import { loadWeights, openWeights } from "../encoders/weights.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import type { Runtime } from "../engine/runtime.ts";
import { Extensions } from "../extensions/extension.ts";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { serialize } from "../graph/serialize.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import type { EncodedPicture, PictureEncoder } from "./frozen-encoder.ts";
import { openRegisteredPictureEncoder, registeredPictureEncoder } from "./registered-picture-encoder.ts";

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** A JSON file that describes how an ONNX file encodes pictures; paths are relative to it. */
const descriptionSchema = z.strictObject({
  model: z.string().min(1),
  input: z.string().min(1),
  /** Output names: spatial maps [batch, channels, height, width], joined in this order. */
  maps: z.array(z.string().min(1)).min(1),
  /** Output name of the class scores [batch, classes]. */
  logits: z.string().min(1),
  width: z.int().positive(),
  height: z.int().positive(),
  /** Interpolation for resizing the picture to width x height. */
  resample: z.enum(["aligned-corners", "bilinear", "bicubic"]).default("bilinear"),
  scale: z
    .number()
    .positive()
    .default(1 / 255),
  mean: triple.default([0, 0, 0]),
  deviation: triple.default([1, 1, 1]),
});

/**
 * Opens a picture encoder: `place` is a folder with one of them (config.json, model.safetensors,
 * preprocessor_config.json), the hub id of one, a .json file that describes an ONNX file, or the name of a registered one.
 *
 * @throws EncoderError `encoder/bad-description`, `encoder/no-model-file`, the codes of `onnxFingerprint` and `resolveEncoder`, and the codes of configs, weights and preprocessing
 */
export function openPictureEncoder(
  runtime: Runtime,
  place: string,
  download: EncoderDownload = {},
): Promise<PictureEncoder> {
  const { extensions = Extensions.NONE, signal } = download;
  const registered = registeredPictureEncoder(place, extensions);
  if (registered) return openRegisteredPictureEncoder(registered.extension, registered.argument, signal);
  return place.endsWith(".json") ? openOnnx(runtime, place) : openFolder(runtime, place, download);
}

/**
 * The number of stages of a picture encoder, from its description or config.json alone.
 *
 * @throws EncoderError `encoder/bad-description`, and the codes of `resolveEncoder` and configs
 */
export async function countStages(place: string, extensions = Extensions.NONE): Promise<number> {
  if (registeredPictureEncoder(place, extensions)) return 1;
  if (place.endsWith(".json")) return (await readDescription(place, descriptionSchema)).maps.length;
  const { folder, config } = await resolveEncoder(place, { parts: [] });
  return pictureNetwork(config, join(folder, "config.json"), NO_WEIGHTS).stages.length;
}

/** Which heads a network has does not change its stages. */
const NO_WEIGHTS: WeightNames = {
  names: () => [],
  spec: (name) => {
    throw new Error(`there are no weights, so nothing asks for ${name}`);
  },
};

async function openOnnx(runtime: Runtime, place: string): Promise<PictureEncoder> {
  const description = await readDescription(place, descriptionSchema);
  const { input: inputName, maps, logits, width, height, resample, scale, mean, deviation } = description;
  const model = modelOfDescription(place, description.model);
  const preprocessing: PicturePreprocessing = {
    resize: { kind: "exact", width, height },
    resample,
    crop: undefined,
    scale,
    mean,
    deviation,
  };
  const weights = await onnxFingerprint(model); // first, because its errors explain what is wrong with the files and the runtime's do not
  const extractor = await OnnxExtractor.open(runtime, {
    model,
    input: inputName,
    preprocessing,
    maps,
    logits,
  });
  const encode = async (picture: RgbPicture): Promise<EncodedPicture> => {
    const features = await extractor.extract([picture]);
    return { maps: features.maps.data, logits: features.logits!.data }; // the description names the logits
  };
  // An ONNX file does not state the widths of its outputs, so encode a black picture to find out.
  const probe = await extractor.extract([{ width: 1, height: 1, data: new Uint8Array(3) }]);
  return {
    fingerprint: combinedFingerprint([weights, { preprocessing, maps, logits }]),
    channels: probe.maps.shape[1] as number,
    stages: probe.stages,
    classes: probe.logits!.data.length, // as above
    encode,
    dispose: () => extractor.dispose(),
  };
}

/** A picture encoder's graph before it is compiled for a device. */
export interface PictureGraph {
  readonly fingerprint: string;
  /** The graph's input: `pixels` float32 [batch, 3, height, width], preprocessed. */
  readonly width: number;
  readonly height: number;
  readonly preprocessing: PicturePreprocessing;
  /** `maps` [batch, channels, 2, 2] and `logits` [batch, classes]. */
  readonly outputs: { readonly maps: Tensor; readonly logits: Tensor };
  readonly weights: ReadonlyMap<string, HostTensor<"float32">>;
  readonly channels: number;
  /** Channels of each stage, from the bottom. */
  readonly stages: readonly number[];
  readonly classes: number;
  readonly notes: readonly string[];
}

/** Reads a folder in the Hugging Face layout, or a hub id. @throws the codes of `openPictureEncoder` */
export async function readPictureGraph(reference: string, download: EncoderDownload): Promise<PictureGraph> {
  const {
    folder,
    config: json,
    notes,
  } = await resolveEncoder(reference, {
    ...download,
    parts: ["weights", "preprocessor"],
    neededWeights: neededByPictures,
  });
  const file = await openWeights(folder);
  const { config, stages, build } = pictureNetwork(json, join(folder, "config.json"), file);
  const preprocessing = await loadPreprocessing(folder);
  const sample = preprocessPicture(
    { width: 64, height: 64, data: new Uint8Array(3 * 64 * 64) },
    preprocessing,
  );
  const { width, height } = sample;
  const scope = new ParameterScope();
  const { maps, logits } = build(scope, input("pixels", "float32", ["batch", 3, height, width]));
  const { weights } = loadWeights(scope.table.values(), file);
  return {
    fingerprint: combinedFingerprint([await weightsFingerprint(folder), { config, preprocessing }]),
    width,
    height,
    preprocessing,
    outputs: { maps, logits },
    weights,
    channels: maps.shape[1] as number,
    stages,
    classes: logits.shape[1] as number,
    notes,
  };
}

async function openFolder(
  runtime: Runtime,
  reference: string,
  download: EncoderDownload,
): Promise<PictureEncoder> {
  const graph = await readPictureGraph(reference, download);
  const { outputs, weights, width, height, preprocessing } = graph;
  const { fingerprint, channels, stages, classes, notes } = graph;
  const { spelling } = runtime;
  const { bytes } = serialize({ ...outputs }, { spelling, weights });
  const session = await runtime.createSession(bytes, { label: "pictures" });
  return {
    fingerprint,
    channels,
    stages,
    classes,
    notes,
    async encode(picture) {
      const { data } = await preprocessInThread(picture, preprocessing);
      const { maps, logits } = await session.run({
        pixels: hostTensor("float32", [1, 3, height, width], data as Float32Array<ArrayBuffer>),
      });
      return { maps: maps!.data as Float32Array, logits: logits!.data as Float32Array };
    },
    dispose: () => session.dispose(),
  };
}
