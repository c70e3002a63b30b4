// A Stable Diffusion folder in the diffusers layout with ONNX networks: checks its files and reads its
// configurations.
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { SynthesisError } from "../../../base/errors.ts";
import { checkShape, VALUES_SHOWN } from "../../../base/schema-issues.ts";
import { readWholeText } from "../../../base/whole-file.ts";
import { combinedFingerprint, fileFingerprint } from "../../../encoders/onnx-file.ts";

/** What is needed of a folder, relative to it. */
const FILES = {
  index: "model_index.json",
  scheduler: "scheduler/scheduler_config.json",
  textEncoder: "text_encoder/model.onnx",
  unet: "unet/model.onnx",
  vaeDecoder: "vae_decoder/model.onnx",
} as const;
const TOKENIZER = "tokenizer";
/** Everything in these folders counts for the fingerprint: weights stand in files of their own, under several names. */
const FINGERPRINTED = ["text_encoder", TOKENIZER, "unet", "vae_decoder"] as const;

/** Names that exporters give one and the same pipeline. */
const PIPELINES = [
  "StableDiffusionPipeline",
  "OnnxStableDiffusionPipeline",
  "StableDiffusionOnnxPipeline",
  "ORTStableDiffusionPipeline",
] as const;

const indexSchema = z.looseObject({ _class_name: z.string() });
const count = z.int().positive();
// Old exports have no config.json beside the networks; these are the numbers of Stable Diffusion 1 and 2.
const unetSchema = z.object({
  in_channels: count.default(4),
  sample_size: z.union([count, z.tuple([count, count])]).nullish(),
});
const vaeSchema = z.object({
  scaling_factor: z.number().positive().default(0.18215),
  latent_channels: count.default(4),
  block_out_channels: z.array(count).min(1).default([128, 256, 512, 512]),
});
const DEFAULT_LATENT_SIDE = 64;

/** A checked folder; nothing of the networks is loaded yet. */
export interface DiffusionFolder {
  readonly folder: string;
  /** Absolute paths of the three networks. */
  readonly networks: { readonly textEncoder: string; readonly unet: string; readonly vaeDecoder: string };
  readonly tokenizer: string;
  /** Content of scheduler_config.json, and its path for errors. */
  readonly scheduler: { readonly json: Readonly<Record<string, unknown>>; readonly place: string };
  readonly latentChannels: number;
  /** Pixels per latent, along each side. */
  readonly pixelsPerLatent: number;
  /** Latents are divided by this before they are decoded. */
  readonly scalingFactor: number;
  /** Latents' height and width that the network was trained with. */
  readonly latentSides: readonly [number, number];
  /** SHA-256 over all files that the result depends on. */
  readonly fingerprint: string;
}

/** @throws SynthesisError `synthesis/bad-diffusion-folder`, naming the file that is missing or of another kind */
export async function openDiffusionFolder(path: string): Promise<DiffusionFolder> {
  const folder = resolve(path);
  const place = (file: string) => join(folder, file);
  for (const file of Object.values(FILES)) {
    if ((await kindOf(place(file))) !== "file")
      throw badDiffusionFolder(place(file), "the file does not exist");
  }
  if ((await kindOf(place(TOKENIZER))) !== "folder") {
    throw badDiffusionFolder(place(TOKENIZER), "there is no such folder");
  }
  const index = await read(place(FILES.index), indexSchema);
  requirePipeline(index, place(FILES.index));
  const unetPlace = place("unet/config.json");
  const unet = await readOptional(unetSchema, unetPlace);
  const vae = await readOptional(vaeSchema, place("vae_decoder/config.json"), place("vae/config.json"));
  if (unet.in_channels !== vae.latent_channels) {
    throw badDiffusionFolder(
      unetPlace,
      `the network takes ${unet.in_channels} channels, but latents have ${vae.latent_channels}: this is not a text-to-image model`,
    );
  }
  const side = unet.sample_size ?? DEFAULT_LATENT_SIDE;
  return {
    folder,
    networks: {
      textEncoder: place(FILES.textEncoder),
      unet: place(FILES.unet),
      vaeDecoder: place(FILES.vaeDecoder),
    },
    tokenizer: place(TOKENIZER),
    scheduler: {
      json: await read(place(FILES.scheduler), z.record(z.string(), z.unknown())),
      place: place(FILES.scheduler),
    },
    latentChannels: vae.latent_channels,
    pixelsPerLatent: 2 ** (vae.block_out_channels.length - 1),
    scalingFactor: vae.scaling_factor,
    latentSides: typeof side === "number" ? [side, side] : side,
    fingerprint: await folderFingerprint(folder),
  };
}

/** An error about a file of the folder. */
export function badDiffusionFolder(place: string, problem: string, cause?: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/bad-diffusion-folder",
    message: `diffusion: ${place}: ${problem}`,
    place,
    cause,
    remedy:
      "Give a Stable Diffusion 1.x or 2.x folder in the diffusers layout with ONNX networks: model_index.json, tokenizer/, " +
      "scheduler/, and model.onnx with its weight files in text_encoder/, unet/ and vae_decoder/.",
  });
}

function requirePipeline(index: z.output<typeof indexSchema>, place: string): void {
  const name = index._class_name;
  if (!PIPELINES.some((known) => known === name)) {
    throw badDiffusionFolder(place, `${JSON.stringify(name)} is not one of ${PIPELINES.join(", ")}`);
  }
  const more = ["text_encoder_2", "tokenizer_2", "image_encoder"].find((part) => {
    const value = index[part];
    return Array.isArray(value) && value.some((each) => each !== null);
  });
  if (more !== undefined) throw badDiffusionFolder(place, `it has the part ${more}, which is not supported`);
}

async function read<Schema extends z.ZodType>(place: string, schema: Schema): Promise<z.output<Schema>> {
  let json: unknown;
  try {
    json = JSON.parse(await readWholeText(place));
  } catch (cause) {
    throw badDiffusionFolder(place, `it cannot be read as JSON (${(cause as Error).message})`, cause);
  }
  const checked = checkShape(schema, json, { whole: "the whole file", wording: VALUES_SHOWN });
  if (checked.success) return checked.data;
  throw badDiffusionFolder(place, checked.faults.join("; "));
}

/** The first of `places` that exists, or what the schema says of nothing. */
async function readOptional<Schema extends z.ZodType>(
  schema: Schema,
  ...places: readonly string[]
): Promise<z.output<Schema>> {
  for (const place of places) if ((await kindOf(place)) === "file") return read(place, schema);
  return schema.parse({});
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw badDiffusionFolder(path, `it cannot be read (${String(code)})`, cause);
  }
}

async function folderFingerprint(folder: string): Promise<string> {
  const parts: unknown[] = [];
  for (const name of FINGERPRINTED) {
    const files = await readdir(join(folder, name), { recursive: true });
    for (const file of files.map((path) => path.replaceAll("\\", "/")).sort()) {
      const path = join(folder, name, file);
      if ((await kindOf(path)) === "file") parts.push([`${name}/${file}`, await fileFingerprint(path)]);
    }
  }
  return combinedFingerprint(parts);
}
