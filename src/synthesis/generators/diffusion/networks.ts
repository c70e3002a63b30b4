// The three networks of Stable Diffusion as ONNX sessions: text to states, noisy latents to a prediction, latents to pixels. Networks in
// halves are fed and read as such; everything outside of them is float32.

import { EncoderError, EngineError } from "../../../base/errors.ts";
import { externalWeights } from "../../../encoders/onnx-external.ts";
import { Runtime, type RuntimeOptions } from "../../../engine/runtime.ts";
import { toFloat32 } from "../../../engine/safetensors.ts";
import type { Session } from "../../../engine/session.ts";
import type { Shape } from "../../../graph/dimension.ts";
import { type DType, type HostTensor, hostTensor } from "../../../graph/host-tensor.ts";
import type { TensorSpec } from "../../../graph/onnx-node.ts";
import { badDiffusionFolder, type DiffusionFolder } from "./folder.ts";
import { toHalf } from "./half.ts";

const FLOATS: readonly DType[] = ["float32", "float16"];
const INTEGERS: readonly DType[] = ["int64", "int32"];

const NAMES = {
  ids: "input_ids",
  mask: "attention_mask",
  states: "last_hidden_state",
  sample: "sample",
  timestep: "timestep",
  context: "encoder_hidden_states",
  prediction: "out_sample",
  latents: "latent_sample",
  pixels: "sample",
} as const;

/** The loaded networks of a folder; release them with `dispose`. */
export class DiffusionNetworks {
  readonly #runtime: Runtime;
  readonly #textEncoder: Session;
  readonly #unet: Session;
  readonly #vaeDecoder: Session;

  private constructor(runtime: Runtime, textEncoder: Session, unet: Session, vaeDecoder: Session) {
    this.#runtime = runtime;
    this.#textEncoder = textEncoder;
    this.#unet = unet;
    this.#vaeDecoder = vaeDecoder;
  }

  /**
   * Loads the networks and checks that they are what they are named.
   *
   * @throws SynthesisError `synthesis/bad-diffusion-folder`; EngineError when the device cannot be used
   */
  static async open(folder: DiffusionFolder, options: RuntimeOptions): Promise<DiffusionNetworks> {
    const { textEncoder, unet, vaeDecoder } = folder.networks;
    const runtime = await Runtime.open(options);
    try {
      const encoder = await openSession(runtime, textEncoder);
      requireInputs(encoder, textEncoder, { [NAMES.ids]: INTEGERS }, { [NAMES.mask]: INTEGERS });
      requireOutput(encoder, textEncoder, NAMES.states);
      const denoiser = await openSession(runtime, unet);
      const timestep = [...INTEGERS, ...FLOATS];
      requireInputs(denoiser, unet, {
        [NAMES.sample]: FLOATS,
        [NAMES.timestep]: timestep,
        [NAMES.context]: FLOATS,
      });
      requireOutput(denoiser, unet, NAMES.prediction);
      const decoder = await openSession(runtime, vaeDecoder);
      requireInputs(decoder, vaeDecoder, { [NAMES.latents]: FLOATS });
      requireOutput(decoder, vaeDecoder, NAMES.pixels);
      const width = specOf(encoder.outputs, NAMES.states).shape.at(-1);
      const wanted = specOf(denoiser.inputs, NAMES.context).shape.at(-1);
      if (typeof width === "number" && typeof wanted === "number" && width !== wanted) {
        throw badDiffusionFolder(
          unet,
          `it takes text states of width ${wanted}, but ${textEncoder} gives ${width}`,
        );
      }
      return new DiffusionNetworks(runtime, encoder, denoiser, decoder);
    } catch (error) {
      await runtime.dispose();
      throw error;
    }
  }

  /** Shape of the latents [batch, channels, height, width] as the network was exported; numbers are fixed. */
  get latentShape(): Shape {
    return specOf(this.#unet.inputs, NAMES.sample).shape;
  }

  /** Text states [1, length, hidden] of token ids. */
  async encode(ids: readonly number[]): Promise<HostTensor<"float32">> {
    const inputs: Record<string, HostTensor> = {};
    for (const { name, dtype } of this.#textEncoder.inputs) {
      const values = name === NAMES.ids ? ids : ids.map(() => 1); // the pipeline masks nothing, padding included
      inputs[name] = hostTensor(dtype, [1, ids.length], values);
    }
    return run(this.#textEncoder, inputs, NAMES.states);
  }

  /**
   * What the network predicts for a noisy sample [1, channels, height, width], once with each of `contexts`.
   *
   * @param contexts text states [1, length, hidden]
   * @returns as many arrays as contexts, each as long as the sample
   */
  async predict(
    sample: HostTensor<"float32">,
    timestep: number,
    contexts: readonly HostTensor<"float32">[],
  ): Promise<Float32Array[]> {
    const takesOne = specOf(this.#unet.inputs, NAMES.sample).shape[0] === 1;
    if (takesOne && contexts.length > 1) {
      const results: Float32Array[] = [];
      for (const context of contexts) results.push(...(await this.predict(sample, timestep, [context])));
      return results;
    }
    const batch = contexts.length;
    const { inputs } = this.#unet;
    const prediction = await run(
      this.#unet,
      {
        [NAMES.sample]: floats(specOf(inputs, NAMES.sample), repeated(sample, batch)),
        [NAMES.timestep]: timestepTensor(inputs, timestep, batch),
        [NAMES.context]: floats(specOf(inputs, NAMES.context), stacked(contexts)),
      },
      NAMES.prediction,
    );
    const size = sample.data.length;
    return Array.from({ length: batch }, (_, b) => prediction.data.slice(b * size, (b + 1) * size));
  }

  /** Pixels [1, 3, height, width], about -1 to 1, of latents [1, channels, height, width]. */
  async decode(latents: HostTensor<"float32">): Promise<HostTensor<"float32">> {
    const spec = specOf(this.#vaeDecoder.inputs, NAMES.latents);
    return run(this.#vaeDecoder, { [NAMES.latents]: floats(spec, latents) }, NAMES.pixels);
  }

  async dispose(): Promise<void> {
    await this.#runtime.dispose();
  }
}

async function openSession(runtime: Runtime, path: string): Promise<Session> {
  try {
    await externalWeights(path); // says what is wrong with the files, which the runtime does not
    return await runtime.createSession(path);
  } catch (cause) {
    if (!(cause instanceof EngineError || cause instanceof EncoderError)) throw cause;
    throw badDiffusionFolder(path, `it cannot be loaded (${cause.message})`, cause);
  }
}

async function run(
  session: Session,
  inputs: Readonly<Record<string, HostTensor>>,
  output: string,
): Promise<HostTensor<"float32">> {
  const outputs = await session.run(inputs, { [output]: "allocate" });
  return toFloat32(outputs[output] as HostTensor); // it was asked for
}

function requireInputs(
  session: Session,
  path: string,
  wanted: Readonly<Record<string, readonly DType[]>>,
  optional: Readonly<Record<string, readonly DType[]>> = {},
): void {
  for (const { name, dtype } of session.inputs) {
    const allowed = wanted[name] ?? optional[name];
    if (allowed === undefined) {
      throw badDiffusionFolder(path, `it has the input "${name}", which Stable Diffusion does not have`);
    }
    if (!allowed.includes(dtype)) {
      throw badDiffusionFolder(path, `its input "${name}" is ${dtype}; supported: ${allowed.join(", ")}`);
    }
  }
  const names = session.inputs.map(({ name }) => name);
  const missing = Object.keys(wanted).filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw badDiffusionFolder(path, `it has no input "${missing[0]}"; it has ${names.join(", ")}`);
  }
}

function requireOutput(session: Session, path: string, wanted: string): void {
  const names = session.outputs.map(({ name }) => name);
  if (!names.includes(wanted)) {
    throw badDiffusionFolder(path, `it has no output "${wanted}"; it has ${names.join(", ")}`);
  }
  const { dtype } = specOf(session.outputs, wanted);
  if (!FLOATS.includes(dtype)) throw badDiffusionFolder(path, `its output "${wanted}" is ${dtype}`);
}

function specOf(specs: readonly TensorSpec[], name: string): TensorSpec {
  return specs.find((spec) => spec.name === name) as TensorSpec; // checked when the networks were opened
}

/** The tensor in the element type that the network takes. */
function floats(spec: TensorSpec, tensor: HostTensor<"float32">): HostTensor {
  return spec.dtype === "float16" ? hostTensor("float16", tensor.shape, toHalf(tensor.data)) : tensor;
}

/** A scalar, a list of one, or one per sample, as the network was exported. Whole numbers are cut, as diffusers' own pipeline does. */
function timestepTensor(inputs: readonly TensorSpec[], timestep: number, batch: number): HostTensor {
  const { dtype, shape } = specOf(inputs, NAMES.timestep);
  const [axis] = shape;
  const perSample = axis !== undefined && axis === specOf(inputs, NAMES.sample).shape[0] && axis !== 1;
  const size = perSample ? batch : 1;
  const values = new Array<number>(size).fill(INTEGERS.includes(dtype) ? Math.trunc(timestep) : timestep);
  const own = shape.length === 0 ? [] : [size];
  return dtype === "float16"
    ? hostTensor("float16", own, toHalf(Float32Array.from(values)))
    : hostTensor(dtype, own, values);
}

function repeated(tensor: HostTensor<"float32">, times: number): HostTensor<"float32"> {
  return stacked(new Array<HostTensor<"float32">>(times).fill(tensor));
}

/** Tensors [1, ...] as one [tensors, ...]. */
function stacked(tensors: readonly HostTensor<"float32">[]): HostTensor<"float32"> {
  const [first] = tensors;
  const size = first?.data.length ?? 0;
  const data = new Float32Array(tensors.length * size);
  for (const [i, tensor] of tensors.entries()) data.set(tensor.data, i * size);
  return hostTensor("float32", [tensors.length, ...(first?.shape.slice(1) ?? [])], data);
}
