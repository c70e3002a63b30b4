// Any ONNX classifier as a frozen picture encoder: some outputs are spatial maps, pooled to 2 x 2 and
// concatenated by channel (I2SRM's visual maps); one may be class scores.

import type { ErrorCode } from "../../base/codes/error-code.ts";
import { EncoderError } from "../../base/errors.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Session } from "../../engine/session.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { requireNames } from "../onnx-file.ts";
import { preprocessInThread } from "./pixel-threads.ts";
import type { PicturePreprocessing } from "./preprocess.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** Facts that the model file does not state. */
export interface OnnxExtractorConfig {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Name of the input, float32 [batch, 3, height, width]. */
  readonly input: string;
  readonly preprocessing: PicturePreprocessing;
  /** Names of outputs float32 [batch, channels, height, width], in the order of concatenation. */
  readonly maps: readonly string[];
  /** Name of the output with class scores before softmax, float32 [batch, classes]. */
  readonly logits?: string;
}

/** Features of a batch of pictures. */
export interface PictureFeatures {
  /** [batch, channels of all maps, 2, 2]. */
  readonly maps: HostTensor<"float32">;
  /** Channels of each map, in the order in which they are joined. */
  readonly stages: readonly number[];
  /** [batch, classes]. */
  readonly logits: HostTensor<"float32"> | undefined;
}

const CHANNELS = 3;
/** Height and width of the pooled maps. */
const MAP_SIDE = 2;

/** A frozen picture encoder from an ONNX file; release it with `dispose` or `await using`. */
export class OnnxExtractor {
  readonly config: OnnxExtractorConfig;
  readonly #session: Session;

  private constructor(config: OnnxExtractorConfig, session: Session) {
    this.config = config;
    this.#session = session;
  }

  /**
   * Loads the model and checks that it has the named input and outputs.
   *
   * @throws EncoderError `encoder/no-such-output` if a name of the configuration is not in the model;
   * EngineError if the model cannot be loaded.
   * @example
   * await using extractor = await OnnxExtractor.open(runtime, { model, input: "pixels", preprocessing, maps: ["stage_5"] });
   */
  static async open(runtime: Runtime, config: OnnxExtractorConfig): Promise<OnnxExtractor> {
    const session = await runtime.createSession(config.model);
    try {
      const outputs = session.outputs.map((spec) => spec.name);
      const inputs = session.inputs.map((spec) => spec.name);
      const wanted = config.logits === undefined ? config.maps : [...config.maps, config.logits];
      requireNames(config.model, "input", [config.input], inputs);
      requireNames(config.model, "output", wanted, outputs);
    } catch (error) {
      await session.dispose();
      throw error;
    }
    return new OnnxExtractor(config, session);
  }

  /**
   * Returns maps and class scores of decoded pictures, all in one batch.
   *
   * @throws EncoderError `encoder/empty-batch`, `encoder/uneven-batch` (the preprocessing returns different
   * sizes),
   * `encoder/bad-map` (a map that does not pool to 2 x 2), `encoder/bad-logits`.
   */
  async extract(pictures: readonly RgbPicture[]): Promise<PictureFeatures> {
    const pixels = await this.#pixels(pictures);
    const wanted = [...new Set(this.#outputNames())];
    const outputs = await this.#session.run(
      { [this.config.input]: pixels },
      Object.fromEntries(wanted.map((name) => [name, "allocate" as const])),
    );
    const output = (name: string): HostTensor => outputs[name] as HostTensor;
    const logits = this.config.logits === undefined ? undefined : output(this.config.logits);
    if (logits !== undefined && (logits.dtype !== "float32" || logits.shape.length !== 2)) {
      throw badOutput("encoder/bad-logits", this.config.logits ?? "", logits, "[batch, classes]");
    }
    const maps = this.config.maps.map((name) => ({ name, tensor: output(name) }));
    return {
      maps: joinPooledMaps(maps, pictures.length),
      stages: maps.map(({ tensor }) => tensor.shape[1] as number), // joinPooledMaps has checked the shapes
      logits: logits as HostTensor<"float32"> | undefined,
    };
  }

  /** Releases the network; calling it twice is harmless. */
  async dispose(): Promise<void> {
    await this.#session.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #outputNames(): string[] {
    const { maps, logits } = this.config;
    return logits === undefined ? [...maps] : [...maps, logits];
  }

  async #pixels(pictures: readonly RgbPicture[]): Promise<HostTensor<"float32">> {
    const inputs = await Promise.all(
      pictures.map((picture) => preprocessInThread(picture, this.config.preprocessing)),
    );
    const [first] = inputs;
    if (first === undefined) {
      throw new EncoderError({
        code: "encoder/empty-batch",
        message: "no picture was given",
        remedy: "Pass at least one picture.",
      });
    }
    const data = new Float32Array(inputs.length * first.data.length);
    for (const [i, input] of inputs.entries()) {
      if (input.width !== first.width || input.height !== first.height) {
        throw new EncoderError({
          code: "encoder/uneven-batch",
          message: `picture ${i} is ${input.width} x ${input.height}, but the first is ${first.width} x ${first.height}`,
          place: `pictures[${i}]`,
          remedy: "Use a preprocessing that makes all pictures the same size: an exact resize, or a crop.",
        });
      }
      data.set(input.data, i * first.data.length);
    }
    return hostTensor("float32", [inputs.length, CHANNELS, first.height, first.width], data);
  }
}

/**
 * Averages every map over windows of half its height and width, rounded down, without overlap, and
 * concatenates the results by channel.
 *
 * @throws EncoderError `encoder/bad-map` for a tensor that is not float32 [batch, channels, height, width] or does not
 * pool to 2 x 2.
 */
export function joinPooledMaps(
  maps: readonly { readonly name: string; readonly tensor: HostTensor }[],
  batch: number,
): HostTensor<"float32"> {
  const cells = MAP_SIDE * MAP_SIDE;
  for (const { name, tensor } of maps) {
    const [rows, , height = 0, width = 0] = tensor.shape;
    const isMap = tensor.dtype === "float32" && tensor.shape.length === 4 && rows === batch;
    if (!isMap || !poolsToSide(height) || !poolsToSide(width)) {
      throw badOutput(
        "encoder/bad-map",
        name,
        tensor,
        `[${batch}, channels, height, width] that pools to 2 x 2`,
      );
    }
  }
  const channels = maps.reduce((sum, { tensor }) => sum + (tensor.shape[1] ?? 0), 0);
  const joined = new Float32Array(batch * channels * cells);
  let offset = 0;
  for (const { tensor } of maps) {
    const [, own = 0, height = 0, width = 0] = tensor.shape;
    for (let b = 0; b < batch; b++) {
      for (let c = 0; c < own; c++) {
        const plane = (tensor.data as Float32Array).subarray((b * own + c) * height * width);
        poolPlane(plane, height, width, joined, (b * channels + offset + c) * cells);
      }
    }
    offset += own;
  }
  return hostTensor("float32", [batch, channels, MAP_SIDE, MAP_SIDE], joined);
}

function poolsToSide(size: number): boolean {
  const kernel = Math.floor(size / MAP_SIDE);
  return kernel > 0 && Math.floor(size / kernel) === MAP_SIDE;
}

function poolPlane(plane: Float32Array, height: number, width: number, out: Float32Array, at: number): void {
  const rows = Math.floor(height / MAP_SIDE);
  const columns = Math.floor(width / MAP_SIDE);
  for (let cell = 0; cell < MAP_SIDE * MAP_SIDE; cell++) {
    const top = Math.floor(cell / MAP_SIDE) * rows;
    const left = (cell % MAP_SIDE) * columns;
    let sum = 0;
    for (let y = top; y < top + rows; y++) {
      for (let x = left; x < left + columns; x++) sum += plane[y * width + x] as number;
    }
    out[at + cell] = sum / (rows * columns);
  }
}

function badOutput(code: ErrorCode, name: string, tensor: HostTensor, wanted: string): EncoderError {
  return new EncoderError({
    code,
    message: `output ${JSON.stringify(name)} is ${tensor.dtype} [${tensor.shape.join(", ")}], but must be float32 ${wanted}`,
    place: name,
    value: tensor.shape,
    remedy: "Name outputs that are spatial maps in `maps`, and the class scores in `logits`.",
  });
}
