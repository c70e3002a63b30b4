// Writes the files of an export for web pages: each is named by its content, and weights come in pieces.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "../../base/sha256.ts";
import { packedBytes, packTensor, type StoredPrecision, storedAs } from "../../engine/packed-weights.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import { type Program, serialize } from "../../graph/serialize.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { WebFile, WebNetwork } from "./web-manifest.ts";

/** Caches and content delivery networks keep files of this size; a page shows its progress between them. */
const PIECE_BYTES = 16 * 2 ** 20;
/** Digits of a hash in a file's name. */
const NAME_DIGITS = 16;

/** A graph to export: its outputs by name, and the values of its parameters. */
export interface WebGraph {
  readonly name: string;
  /** Declares the outputs at every call. */
  readonly outputs: () => Readonly<Record<string, Tensor>>;
  readonly weight: (name: string) => HostTensor<"float32">;
}

/** The files of one export. Equal contents are written once. */
export class WebFiles {
  readonly #folder: string;
  readonly #files = new Map<string, WebFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All files written, by path. */
  get list(): readonly WebFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Writes a file whose name contains the beginning of its hash; returns its path in the folder. */
  async write(stem: string, extension: string, content: Uint8Array | string): Promise<string> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const hash = sha256(bytes);
    const path = `${stem}-${hash.slice(0, NAME_DIGITS)}.${extension}`;
    if (this.#files.has(path)) return path;
    const place = join(this.#folder, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, bytes);
    this.#files.set(path, { path, bytes: bytes.byteLength, sha256: hash });
    return path;
  }

  /**
   * Writes a graph in both spellings, and its weights.
   *
   * @throws EngineError `engine/not-packable`
   */
  async writeNetwork({ name, outputs, weight }: WebGraph, wanted: StoredPrecision): Promise<WebNetwork> {
    const file = `${name}.bin`;
    const spelled = (spelling: "cpu" | "webgpu") =>
      serialize(outputs(), { spelling, graphName: name, supplyParameters: true, weightFile: file });
    const [wasm, webgpu] = [spelled("cpu"), spelled("webgpu")];
    requireSameWeights(wasm, webgpu);
    const tensors = wasm.supplied.map(({ name: tensor, shape, stored }) => {
      const fixed = shape as readonly number[]; // parameters have fixed shapes
      return { name: tensor, shape: [...fixed], precision: storedAs(fixed, wanted), offset: stored!.offset };
    });
    const end = wasm.supplied.at(-1)?.stored;
    return {
      graphs: {
        wasm: await this.write(`graphs/${name}-wasm`, "onnx", wasm.bytes),
        webgpu: await this.write(`graphs/${name}-webgpu`, "onnx", webgpu.bytes),
      },
      weights: {
        pieces: await this.#writePieces(name, tensors, weight),
        file,
        bytes: end === undefined ? 0 : end.offset + end.length,
        tensors,
      },
    };
  }

  async #writePieces(
    name: string,
    tensors: WebNetwork["weights"]["tensors"],
    weight: WebGraph["weight"],
  ): Promise<string[]> {
    const pieces: string[] = [];
    let left = tensors.reduce((sum, tensor) => sum + packedBytes(tensor), 0);
    let piece = new Uint8Array(Math.min(left, PIECE_BYTES));
    let filled = 0;
    for (const tensor of tensors) {
      const packed = packTensor(tensor, weight(tensor.name));
      for (let at = 0; at < packed.length; ) {
        const part = packed.subarray(at, at + piece.length - filled);
        piece.set(part, filled);
        filled += part.length;
        at += part.length;
        left -= part.length;
        if (filled < piece.length) continue;
        pieces.push(await this.write(`weights/${name}`, "bin", piece));
        piece = new Uint8Array(Math.min(left, PIECE_BYTES));
        filled = 0;
      }
    }
    return pieces;
  }
}

/** Both spellings of a graph read one file of weights. */
function requireSameWeights(a: Program, b: Program): void {
  const places = ({ supplied }: Program) => JSON.stringify(supplied);
  if (places(a) !== places(b)) throw new Error("the two spellings of a graph need different weights");
}
