// Text encoders that models of a bundle were adapted from, each in memory once: the models compute their low-rank products beside the shared weights.
import type { UnmergedWeights } from "../../encoders/adapted-weights.ts";
import { openUnmerged } from "../../encoders/weight-source.ts";
import type { SafetensorsFile } from "../../engine/safetensors.ts";
import { SharedConstants } from "../../engine/shared-constants.ts";
import { toFloat32 } from "../../engine/to-float32.ts";
import { elementCount, type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { adaptedWeights } from "../../nn/low-rank.ts";
import type { LentEncoder } from "./lent-encoder.ts";
import { WORD_TABLE } from "./word-table.ts";

/** Rows after the word table for the markers that a relation model adds: four today. */
const SPARE_ROWS = 16;

/** A model's weights before adapters are added, and the encoder that is lent to it. */
interface LentWeights {
  readonly weights: UnmergedWeights;
  readonly encoder: LentEncoder;
}

/** Lends text encoders to models that are loaded together. Dispose of it after them. */
export class SharedEncoders {
  readonly #constants: SharedConstants;
  readonly #loaded = new Map<string, BaseWeights>();

  /** @param library path of onnxruntime's shared library; default: the one in onnxruntime-node */
  constructor(library?: string) {
    this.#constants = new SharedConstants(library);
  }

  /** The shared encoder of a model's folder; undefined for a model that holds its own. @throws the codes of `openUnmerged` */
  async lend(folder: string): Promise<LentWeights | undefined> {
    const weights = await openUnmerged(folder);
    const { base, adapters, source } = weights;
    if (base === undefined) return undefined;
    const loaded = this.#loaded.get(base.sha256) ?? new BaseWeights(base.file, this.#constants);
    this.#loaded.set(base.sha256, loaded);
    const layers = new Set(
      adaptedWeights(source.names()).map(({ weight }) => weight.replace(/\.weight$/, "")),
    );
    const addedRows = base.addedRows(WORD_TABLE.parameter);
    return {
      weights,
      encoder: {
        adapters: adapters && { ...adapters, adapts: (layer) => layers.has(layer) },
        constants: this.#constants,
        weight: ({ name, shape }) =>
          name === WORD_TABLE.parameter ? loaded.table(shape, addedRows) : loaded.weight(name),
      },
    };
  }

  /** Releases the weights. */
  dispose(): Promise<void> {
    return this.#constants.dispose();
  }
}

/** The weights of one shared file, each read when a model first asks for it. */
class BaseWeights {
  readonly #file: SafetensorsFile;
  readonly #constants: SharedConstants;
  readonly #weights = new Map<string, Float32Array>();
  /** What the rows after the word table hold; undefined: nothing yet. */
  #added: Float32Array | undefined;

  constructor(file: SafetensorsFile, constants: SharedConstants) {
    this.#file = file;
    this.#constants = constants;
  }

  weight(name: string): Float32Array | undefined {
    const known = this.#weights.get(name);
    if (known !== undefined || !this.#file.has(name)) return known;
    return this.#keep(name, toFloat32(this.#file.tensor(name)));
  }

  /** The word table with the rows of one model after it; undefined if another model has other rows there. */
  table(shape: readonly number[], rows: HostTensor | undefined): Float32Array | undefined {
    const name = WORD_TABLE.parameter;
    const length = elementCount(this.#file.spec(name).shape);
    const table = this.#weights.get(name) ?? this.#keep(name, this.#withSpareRows(name));
    const added = rows && toFloat32(rows).data;
    if (added !== undefined) {
      if (length + added.length > table.length) return undefined;
      if (this.#added === undefined) {
        table.set(added, length);
        this.#added = added;
      }
      if (!isStartOf(added, this.#added)) return undefined;
    }
    return table.subarray(0, elementCount(shape));
  }

  #withSpareRows(name: string): HostTensor<"float32"> {
    const { shape, data } = toFloat32(this.#file.tensor(name));
    const [rows = 0, width = 0] = shape;
    const roomy = hostTensor(
      "float32",
      [rows + SPARE_ROWS, width],
      new Float32Array((rows + SPARE_ROWS) * width),
    );
    roomy.data.set(data);
    return roomy;
  }

  #keep(name: string, tensor: HostTensor<"float32">): Float32Array {
    this.#constants.add(tensor);
    this.#weights.set(name, tensor.data);
    return tensor.data;
  }
}

function isStartOf(part: Float32Array, whole: Float32Array): boolean {
  return part.length <= whole.length && part.every((value, i) => value === whole[i]);
}
