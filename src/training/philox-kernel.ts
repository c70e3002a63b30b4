// A WebAssembly SIMD kernel that turns Philox words into dropout masks. It is assembled here because plain JavaScript
// has no 32x32 -> 64 bit multiplication (19 ns per element instead of about 1.3).
import { signed, unsigned } from "../engine/leb128.ts";
import { PHILOX } from "./philox.ts";

/** Counters that one turn of the kernel's loop consumes: two groups of four lanes keep the multiplier busy. */
const LANE_GROUPS = 2;
const COUNTERS_PER_TURN = 4 * LANE_GROUPS;
/** Mask elements of one counter: four words, two 16-bit decisions each. */
export const ELEMENTS_PER_COUNTER = 8;
/** Elements are produced in multiples of this. */
export const ELEMENTS_PER_TURN = COUNTERS_PER_TURN * ELEMENTS_PER_COUNTER;
/** Elements of the output window in the kernel's memory; small enough to stay in a core's second-level cache. */
export const WINDOW_ELEMENTS = 8192;
const WINDOW_OFFSET = 1024; // bytes; the round keys are below

export interface MaskKernel {
  /** The last mask is here after `fill`. */
  readonly window: Float32Array;
  /**
   * Fills the first `elements` (a multiple of ELEMENTS_PER_TURN) of the window from counters
   * (`block`, c1, c2, c3), (`block` + 1, ...): an element is `keepBits` as a float where its 16 bits are >= `threshold`, else 0.
   */
  fill(
    elements: number,
    block: number,
    c1: number,
    c2: number,
    c3: number,
    k0: number,
    k1: number,
    threshold: number,
    keepBits: number,
  ): void;
}

/** The part of the WebAssembly API that we use; TypeScript declares it only in its browser library. */
interface WebAssemblyInterface {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      fill(...parameters: number[]): void;
    };
  };
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

type Code = readonly number[];

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const I32 = 0x7f;
const V128 = 0x7b;
const MEMORY_ALIGNMENT = 2; // 2 ** 2 bytes is guaranteed; more does not help on current processors

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const tee = (local: number): Code => [0x22, ...unsigned(local)];
const i32 = (value: number): Code => [0x41, ...signed(value)];
const i32Add: Code = [0x6a];
const i32LessUnsigned: Code = [0x49];
const loop: Code = [0x03, 0x40];
const repeatIf: Code = [0x0d, 0];
const end: Code = [0x0b];
const load = (offset: number): Code => [...simd(0x00), MEMORY_ALIGNMENT, ...unsigned(offset)];
const store = (offset: number): Code => [...simd(0x0b), MEMORY_ALIGNMENT, ...unsigned(offset)];
const lanes = (words: readonly number[]): Code => [
  ...simd(0x0c),
  ...words.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]),
];
const shuffleWords = (words: readonly number[]): Code => [
  ...simd(0x0d),
  ...words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]),
];
const splat16 = simd(0x10);
const splat32 = simd(0x11);
const greaterEqual16Unsigned = simd(0x36);
const and = simd(0x4e);
const xor = simd(0x51);
const widenLow16Signed = simd(0xa7);
const widenHigh16Signed = simd(0xa8);
const add32 = simd(0xae);
const multiplyLow = simd(0xde); // lanes 0 and 1, 32 x 32 -> 64 bits
const multiplyHigh = simd(0xdf); // lanes 2 and 3
const lowHalves = shuffleWords([0, 2, 4, 6]);
const highHalves = shuffleWords([1, 3, 5, 7]);

/** The module's bytes: exports `memory` and `fill(start, end, block, c1, c2, c3, k0, k1, threshold, keepBits)`. */
function assemble(): Uint8Array<ArrayBuffer> {
  const [start, stop, firstBlock, c1, c2, c3, k0, k1, threshold, keepBits] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ] as const;
  const PARAMETERS = 10;
  let locals = PARAMETERS;
  const vector = (): number => locals++;
  const code: number[] = [];
  const emit = (...parts: Code[]): void => {
    for (const part of parts) code.push(...part);
  };

  const constant = (source: Code, splat: Code): number => {
    const local = vector();
    emit(source, splat, set(local));
    return local;
  };
  const v1 = constant(get(c1), splat32);
  const v2 = constant(get(c2), splat32);
  const v3 = constant(get(c3), splat32);
  const thresholds = constant(get(threshold), splat16);
  const keep = constant(get(keepBits), splat32);
  const multiplier0 = constant(i32(PHILOX.MULTIPLIER_0), splat32);
  const multiplier1 = constant(i32(PHILOX.MULTIPLIER_1), splat32);
  const four = constant(i32(4), splat32);
  const block = vector();
  emit(get(firstBlock), splat32, lanes([0, 1, 2, 3]), add32, set(block));
  // The keys of every round, splatted, at bytes 32 * round and 32 * round + 16 of the memory.
  for (let round = 0; round < PHILOX.ROUNDS; round++) {
    emit(i32(0), get(k0), i32(Math.imul(PHILOX.WEYL_0, round)), i32Add, splat32, store(32 * round));
    emit(i32(0), get(k1), i32(Math.imul(PHILOX.WEYL_1, round)), i32Add, splat32, store(32 * round + 16));
  }

  const groups = Array.from({ length: LANE_GROUPS }, () => ({
    x: [vector(), vector(), vector(), vector()] as const,
    a: vector(),
    b: vector(),
  }));
  emit(loop);
  for (const { x } of groups) {
    emit(get(block), set(x[0]), get(v1), set(x[1]), get(v2), set(x[2]), get(v3), set(x[3]));
    emit(get(block), get(four), add32, set(block));
  }
  for (let round = 0; round < PHILOX.ROUNDS; round++) {
    const key0: Code = [...i32(0), ...load(32 * round)];
    const key1: Code = [...i32(0), ...load(32 * round + 16)];
    for (const { x, a, b } of groups) {
      const [x0, x1, x2, x3] = x;
      const products = (factor: number, multiplier: number): void =>
        emit(
          get(factor),
          get(multiplier),
          multiplyLow,
          set(a),
          get(factor),
          get(multiplier),
          multiplyHigh,
          set(b),
        );
      products(x0, multiplier0);
      emit(get(a), get(b), highHalves, get(x3), xor, key1, xor); // the new x2 waits on the stack
      emit(get(a), get(b), lowHalves, set(x3));
      products(x2, multiplier1);
      emit(set(x2));
      emit(get(a), get(b), highHalves, get(x1), xor, key0, xor, set(x0));
      emit(get(a), get(b), lowHalves, set(x1));
    }
  }
  groups.forEach(({ x, a }, group) => {
    x.forEach((words, index) => {
      const offset = (group * 4 + index) * 32;
      emit(get(words), get(thresholds), greaterEqual16Unsigned, set(a));
      emit(get(start), get(a), widenLow16Signed, get(keep), and, store(offset));
      emit(get(start), get(a), widenHigh16Signed, get(keep), and, store(offset + 16));
    });
  });
  emit(
    get(start),
    i32(4 * ELEMENTS_PER_TURN),
    i32Add,
    tee(start),
    get(stop),
    i32LessUnsigned,
    repeatIf,
    end,
    end,
  );

  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const name = (text: string): Code => [text.length, ...Buffer.from(text, "ascii")];
  const body: Code = [1, ...unsigned(locals - PARAMETERS), V128, ...code];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, PARAMETERS, ...Array<number>(PARAMETERS).fill(I32), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]), // one page of 64 KiB
    ...section(7, [2, ...name("memory"), 2, 0, ...name("fill"), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** The kernel, or undefined on a processor without SIMD; then the caller computes the same values in JavaScript. */
export function openMaskKernel(): MaskKernel | undefined {
  const bytes = assemble();
  if (!WebAssembly.validate(bytes)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return {
    window: new Float32Array(exports.memory.buffer, WINDOW_OFFSET, WINDOW_ELEMENTS),
    fill: (elements, ...rest) => exports.fill(WINDOW_OFFSET, WINDOW_OFFSET + 4 * elements, ...rest),
  };
}
