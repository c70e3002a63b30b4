// Assembles small WebAssembly SIMD modules that work on an imported memory; has only the instructions that our kernels use.
import { signed, unsigned } from "./leb128.ts";

/** Bytes of machine code. */
export type Code = readonly number[];

const TYPES = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof TYPES;

/** A function's local: its parameters come first. */
export class Local {
  readonly index: number;
  readonly type: ValueType;

  constructor(index: number, type: ValueType) {
    this.index = index;
    this.type = type;
  }

  get get(): Code {
    return [0x20, ...unsigned(this.index)];
  }

  /** Stores the value that `code` pushes on the stack. */
  set(code: Code): Code {
    return [...code, 0x21, ...unsigned(this.index)];
  }
}

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly Local[];
  readonly result?: ValueType;
  /** Further locals, zero at first. */
  readonly locals: readonly Local[];
  readonly body: Code;
}

/** Makes the locals of one function, in the order of the calls. */
export function localsFactory(): (type: ValueType) => Local {
  let count = 0;
  return (type) => new Local(count++, type);
}

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const unaligned = (offset: number): Code => [0, ...unsigned(offset)]; // no alignment promised
const binary =
  (opcode: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const unary =
  (opcode: Code) =>
  (a: Code): Code => [...a, ...opcode];

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: binary([0x6a]),
  lessThanUnsigned: binary([0x49]),
};
export const f64 = { add: binary([0xa0]) };
export const v128 = {
  /** The 16 bytes at `address` + `offset`. */
  load: (address: Code, offset = 0): Code => [...address, ...simd(0x00), ...unaligned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...[...address, ...value],
    ...[...simd(0x0b), ...unaligned(offset)],
  ],
  and: binary(simd(0x4e)),
  or: binary(simd(0x50)),
  /** An i32: 1 if any bit is set. */
  anyTrue: unary(simd(0x53)),
};
export const f32x4 = {
  splat: unary(simd(0x13)),
  greaterOrEqual: binary(simd(0x46)),
  abs: unary(simd(0xe0)),
  sqrt: unary(simd(0xe3)),
  add: binary(simd(0xe4)),
  sub: binary(simd(0xe5)),
  mul: binary(simd(0xe6)),
  div: binary(simd(0xe7)),
};
export const f64x2 = {
  extractLane: (lane: 0 | 1, a: Code): Code => [...a, ...simd(0x21), lane],
  /** The two low float32 lanes, widened. */
  promoteLow: unary(simd(0x5f)),
  /** The two high float32 lanes, widened; `a` is evaluated twice. */
  promoteHigh: (a: Code): Code => [
    ...[...a, ...a, ...simd(0x0d), 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
    ...simd(0x5f),
  ],
  add: binary(simd(0xf0)),
  mul: binary(simd(0xf2)),
};

/** Runs `body` once, and again as long as `condition` yields a non-zero i32. */
export function repeatWhile(condition: Code, body: Code): Code {
  return [0x03, 0x40, ...body, ...condition, 0x0d, 0x00, 0x0b];
}

/** Runs `then` if `condition` yields a non-zero i32, else `otherwise`. */
export function either(condition: Code, then: Code, otherwise: Code): Code {
  return [...condition, 0x04, 0x40, ...then, 0x05, ...otherwise, 0x0b];
}

/** The bytes of a module that imports its (shared) memory as `engine.memory` and exports `functions`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...list(parameters.map(({ type }) => [TYPES[type]])),
    ...list(result === undefined ? [] : [[TYPES[result]]]),
  ]);
  const limits = [0x03, ...unsigned(1), ...unsigned(MAX_MEMORY_BYTES / PAGE_BYTES)]; // shared, with a maximum
  const memoryImport = [...text("engine"), ...text("memory"), 0x02, ...limits];
  const exports = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map(({ type }) => [...unsigned(1), TYPES[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic and version
    ...section(1, list(types)),
    ...section(2, list([memoryImport])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(exports)),
    ...section(10, list(bodies)),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}

/** A linear memory shared by threads; its buffer cannot be transferred, and since we never grow it, it is never replaced. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** Instantiates a module on a memory and returns its functions. */
export type WasmExports = Readonly<Record<string, (...parameters: number[]) => number | undefined>>;

/** The part of the WebAssembly API that we use; TypeScript declares it only in its browser library. */
interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { engine: { memory: WasmMemory } },
  ) => { readonly exports: WasmExports };
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

const PAGE_BYTES = 65536;
/** The limit of 32-bit addresses. */
export const MAX_MEMORY_BYTES = 2 ** 32;

/** A zero-filled shared memory of at least `bytes`. @throws RangeError if the system is out of memory */
export function createMemory(bytes: number): WasmMemory {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

export function compile(bytes: Uint8Array): object {
  return new WebAssembly.Module(bytes);
}

export function instantiate(module: object, memory: WasmMemory): WasmExports {
  return new WebAssembly.Instance(module, { engine: { memory } }).exports;
}
