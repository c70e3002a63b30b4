// The memory of parameters: four adjacent arrays (weights, gradients, both moments) that the optimiser's kernel and threads share.
import { EngineError } from "../base/errors.ts";
import { ELEMENTS_PER_TURN } from "./adamw-kernel.ts";
import { createMemory, MAX_MEMORY_BYTES, type WasmMemory } from "./wasm-assembler.ts";

const ARRAYS = 4;
const ELEMENT_BYTES = 4;

/** A memory with 32-bit addresses has room for four arrays of this many elements: 268 million, more than XLM-R large's embeddings. */
export const MAX_SEGMENT_LENGTH = MAX_MEMORY_BYTES / (ARRAYS * ELEMENT_BYTES) - ELEMENTS_PER_TURN;

/** Consecutive parameters of one group, without gaps. */
export interface FlatSegment {
  /** Number of elements. */
  readonly length: number;
  /** Shared between threads, like the other arrays, if trainable. */
  readonly weights: Float32Array;
  /** Empty, like the moments, if the parameters are not trainable. */
  readonly gradients: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
  /** Contains the arrays, each padded with zeros to a multiple of ELEMENTS_PER_TURN; absent if not trainable. */
  readonly memory?: WasmMemory;
}

/**
 * Zero-filled segments of the given lengths, as many per memory as fit. The system allocates pages when they are first written.
 *
 * @throws EngineError `engine/out-of-memory`
 */
export function allocateSegments(lengths: readonly number[], trainable: boolean): FlatSegment[] {
  try {
    if (!trainable) return lengths.map((length) => inference(length));
    return packIntoMemories(lengths).flatMap((packed) => {
      const memory = createMemory(packed.reduce((sum, length) => sum + segmentBytes(length), 0));
      let offset = 0;
      return packed.map((length) => {
        const segment = training(memory, offset, length);
        offset += segmentBytes(length);
        return segment;
      });
    });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const bytes = lengths.reduce((sum, length) => sum + (trainable ? segmentBytes(length) : 4 * length), 0);
    throw new EngineError({
      code: "engine/out-of-memory",
      message: `Parameters: ${bytes} bytes cannot be allocated: ${cause.message}`,
      value: bytes,
      remedy: "Train a smaller model, or use a machine (or a container limit) with more memory.",
      cause,
    });
  }
}

/** The length rounded up to whole turns of the kernels. */
export const paddedLength = (length: number): number =>
  Math.ceil(length / ELEMENTS_PER_TURN) * ELEMENTS_PER_TURN;
const segmentBytes = (length: number): number => paddedLength(length) * ARRAYS * ELEMENT_BYTES;

function packIntoMemories(lengths: readonly number[]): number[][] {
  const memories: number[][] = [];
  let used = 0;
  for (const length of lengths) {
    // The first segment needs a memory even if it is empty, as that of a group with only frozen parameters is.
    if (memories.length === 0 || used + segmentBytes(length) > MAX_MEMORY_BYTES) {
      memories.push([]);
      used = 0;
    }
    memories.at(-1)?.push(length);
    used += segmentBytes(length);
  }
  return memories;
}

function training(memory: WasmMemory, offset: number, length: number): FlatSegment {
  const stride = paddedLength(length) * ELEMENT_BYTES;
  const array = (index: number) => new Float32Array(memory.buffer, offset + index * stride, length);
  return {
    length,
    weights: array(0),
    gradients: array(1),
    firstMoments: array(2),
    secondMoments: array(3),
    memory,
  };
}

function inference(length: number): FlatSegment {
  const none = new Float32Array(0);
  return {
    length,
    weights: new Float32Array(length),
    gradients: none,
    firstMoments: none,
    secondMoments: none,
  };
}
