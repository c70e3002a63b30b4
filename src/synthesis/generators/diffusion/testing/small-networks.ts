// A folder in the diffusers layout whose networks are a few operators with weights by formula, in the spellings in which exporters write the
// same networks: halves, one sample at a time, timesteps as scalars, as floats, per sample.
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Shape } from "../../../../graph/dimension.ts";
import { type DType, hostTensor } from "../../../../graph/host-tensor.ts";
import { tanh } from "../../../../graph/operators/activation.ts";
import { conv2d } from "../../../../graph/operators/convolution.ts";
import { add, cast, multiply } from "../../../../graph/operators/elementwise.ts";
import { gatherRows } from "../../../../graph/operators/indexing.ts";
import { linear } from "../../../../graph/operators/matrix.ts";
import { reduceMean } from "../../../../graph/operators/reduction.ts";
import { reshape } from "../../../../graph/operators/shape.ts";
import { serialize } from "../../../../graph/serialize.ts";
import { constant, input, type Tensor } from "../../../../graph/tensor.ts";

export interface SmallNetworks {
  /** Element type of what goes in and out of the networks. */
  readonly floats?: "float32" | "float16";
  readonly ids?: "int64" | "int32";
  readonly timestep?: { readonly dtype: DType; readonly shape: Shape };
  /** 1: the networks take one sample at a time. */
  readonly batch?: 1 | "batch";
  /** Width of the text states that the denoising network takes; 6 fits. */
  readonly context?: number;
}

const TOKENIZER = new URL(
  "../../../../../test/golden/diffusion/small-stable-diffusion/tokenizer",
  import.meta.url,
);
const TOKENS = 525; // the tokenizer's vocabulary
const HIDDEN = 6;
const CHANNELS = 4;
/** Latents' and pictures' height and width: a latent is a pixel here. */
export const SIDE = 8;

/** Writes the folder and returns its path. */
export async function writeSmallNetworks(folder: string, networks: SmallNetworks = {}): Promise<string> {
  const write = async (file: string, content: Uint8Array | object) => {
    const path = join(folder, file);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, content instanceof Uint8Array ? content : JSON.stringify(content));
  };
  await cp(fileURLToPath(TOKENIZER), join(folder, "tokenizer"), { recursive: true });
  await write("model_index.json", { _class_name: "OnnxStableDiffusionPipeline" });
  await write("scheduler/scheduler_config.json", {
    _class_name: "DDIMScheduler",
    beta_schedule: "scaled_linear",
  });
  await write("text_encoder/model.onnx", textEncoder(networks));
  await write("unet/model.onnx", unet(networks));
  await write("unet/config.json", { in_channels: CHANNELS, sample_size: SIDE });
  await write("vae_decoder/model.onnx", vaeDecoder(networks));
  await write("vae_decoder/config.json", {
    scaling_factor: 2,
    latent_channels: CHANNELS,
    block_out_channels: [8],
  });
  return folder;
}

function textEncoder({ floats = "float32", ids = "int64", batch = "batch" }: SmallNetworks): Uint8Array {
  const tokens = cast(input("input_ids", ids, [batch, "length"]), "int64");
  const states = gatherRows(weights([TOKENS, HIDDEN], 1), tokens);
  return serialize({ last_hidden_state: cast(states, floats) }).bytes;
}

/** A convolution of the sample, shifted by what the text and the timestep say. */
function unet(networks: SmallNetworks): Uint8Array {
  const { floats = "float32", batch = "batch", context: width = HIDDEN } = networks;
  const { timestep = { dtype: "int64", shape: [batch] } } = networks;
  const sample = cast(input("sample", floats, [batch, CHANNELS, SIDE, SIDE]), "float32");
  const context = cast(input("encoder_hidden_states", floats, [batch, "length", width]), "float32");
  const given = cast(input("timestep", timestep.dtype, timestep.shape), "float32");
  const [rows] = timestep.shape;
  const time = rows === batch || rows === undefined ? given : reduceMean(given);
  const text = linear(reduceMean(context, { axes: [1] }), weights([CHANNELS, width], 0.4));
  const shift = add(
    reshape(text, [batch, CHANNELS, 1, 1]),
    multiply(reshape(time, [rows === batch ? batch : 1, 1, 1, 1]), 0.0005),
  );
  const mixed = conv2d(sample, weights([CHANNELS, CHANNELS, 3, 3], 0.3), undefined, { padding: 1 });
  return serialize({ out_sample: cast(tanh(add(mixed, shift)), floats) }).bytes;
}

function vaeDecoder({ floats = "float32", batch = "batch" }: SmallNetworks): Uint8Array {
  const latents = cast(input("latent_sample", floats, [batch, CHANNELS, SIDE, SIDE]), "float32");
  return serialize({ sample: cast(tanh(conv2d(latents, weights([3, CHANNELS, 1, 1], 0.7))), floats) }).bytes;
}

/** Numbers that look random and are the same everywhere. */
function weights(shape: readonly number[], deviation: number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from(
    { length: count },
    (_, i) => deviation * Math.sin(12.9898 * (i + 1)) * 1.4,
  );
  return constant(hostTensor("float32", shape, values));
}
