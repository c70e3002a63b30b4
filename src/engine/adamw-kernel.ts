// The inner loops of AdamW as a WebAssembly SIMD kernel that works in place: one pass for the gradient's norm, one for the update.
// An element-wise onnxruntime graph of the same update takes 13 passes, and 4 to 5 times the processor time.
import {
  assemble,
  type Code,
  compile,
  either,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  localsFactory,
  repeatWhile,
  v128,
  type WasmFunction,
} from "./wasm-assembler.ts";

/** Elements that one turn of the loops consumes; arrays are padded to it with zeros. */
export const ELEMENTS_PER_TURN = 8;
const VECTOR_BYTES = 16;

/**
 * Smaller magnitudes become zero. Without this, moments of embedding rows without a gradient decay to denormal numbers and stay there,
 * which makes every operation about a hundred times slower. sqrt(1e-36) is negligible next to any sensible epsilon; the gradient's
 * bound keeps its square above that of the second moment, and that of the first moment keeps its product with a step normal.
 */
const SMALLEST = { gradient: 1e-17, firstMoment: 1e-28, secondMoment: 1e-36 } as const;

/** Scalars of one update, in the kernel's form. */
export interface UpdateScalars {
  /** Factor on the gradient: clipping, and the mean over micro-batches. */
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the second moment, which is not bias-corrected: epsilon * sqrt(1 - beta2^step). */
  readonly epsilon: number;
  /** Factor on firstMoment / (sqrt(secondMoment) + epsilon): rate * sqrt(1 - beta2^step) / (1 - beta1^step). */
  readonly stepSize: number;
  /** Factor on the weight: 1 - rate * weightDecay. */
  readonly decay: number;
}

let module: object | undefined; // compiled once

/**
 * The module with both kernels. Parameters are the arrays' byte offsets and the bytes of each (elements in multiples of
 * ELEMENTS_PER_TURN), then the scalars:
 *
 * - `update(weights, gradients, firstMoments, secondMoments, bytes, ...updateRates(scalars))`
 * - `sumOfSquares(gradients, bytes)`, added up in float64
 */
export function adamWModule(): object {
  module ??= compile(assemble([updateFunction(), sumOfSquaresFunction()]));
  return module;
}

/** The last parameters of the kernel `update`. */
export function updateRates(scalars: UpdateScalars): readonly number[] {
  const { gradientScale, beta1, beta2, epsilon, stepSize, decay } = scalars;
  return [gradientScale, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, stepSize, decay];
}

/** `value` where its magnitude is at least `smallest`, else 0. */
function flush(value: Code, local: Local, smallest: Local): Code {
  return [
    ...local.set(value),
    ...local.set(v128.and(local.get, f32x4.greaterOrEqual(f32x4.abs(local.get), smallest.get))),
  ];
}

const f32Constant = (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];

function updateFunction(): WasmFunction {
  const local = localsFactory();
  const [w, g, m, v, bytes] = [local("i32"), local("i32"), local("i32"), local("i32"), local("i32")];
  const rates = Array.from({ length: 8 }, () => local("f32"));
  const wide = rates.map(() => local("v128"));
  const [scale, beta1, rest1, beta2, rest2, epsilon, stepSize, decay] = wide as [
    ...[Local, Local, Local, Local, Local, Local, Local, Local],
  ];
  const [smallestG, smallestM, smallestV] = [local("v128"), local("v128"), local("v128")];
  const end = local("i32");
  const halves = [0, VECTOR_BYTES].map((offset) => ({
    ...{ offset, gradient: local("v128"), first: local("v128"), second: local("v128") },
  }));
  const { add, sub, mul, div, sqrt, splat } = f32x4;

  const moving = halves.flatMap(({ offset, gradient, first, second }) => [
    ...flush(add(mul(first.get, beta1.get), mul(gradient.get, rest1.get)), first, smallestM),
    ...flush(
      add(mul(v128.load(v.get, offset), beta2.get), mul(mul(gradient.get, gradient.get), rest2.get)),
      second,
      smallestV,
    ),
    ...v128.store(m.get, first.get, offset),
    ...v128.store(v.get, second.get, offset),
    ...v128.store(
      w.get,
      sub(
        mul(v128.load(w.get, offset), decay.get),
        div(mul(first.get, stepSize.get), add(sqrt(second.get), epsilon.get)),
      ),
      offset,
    ),
  ]);
  // The same bits for less, without root and quotient: most rows of a word table are in no text that was read.
  const resting = halves.flatMap(({ offset, second }) => [
    ...second.set(v128.load(v.get, offset)),
    ...either(
      v128.anyTrue(second.get),
      [...flush(mul(second.get, beta2.get), second, smallestV), ...v128.store(v.get, second.get, offset)],
      [],
    ),
    ...v128.store(w.get, mul(v128.load(w.get, offset), decay.get), offset),
  ]);
  const [low, high] = halves.map(({ gradient, first }) => v128.or(gradient.get, first.get)) as [Code, Code];
  const turn = [
    ...halves.flatMap(({ offset, gradient, first }) => [
      ...flush(mul(v128.load(g.get, offset), scale.get), gradient, smallestG),
      ...first.set(v128.load(m.get, offset)),
    ]),
    ...either(v128.anyTrue(v128.or(low, high)), moving, resting),
    ...[w, g, m, v].flatMap((pointer) =>
      pointer.set(i32.add(pointer.get, i32.constant(halves.length * VECTOR_BYTES))),
    ),
  ];
  return {
    name: "update",
    parameters: [w, g, m, v, bytes, ...rates],
    locals: [
      ...[...wide, smallestG, smallestM, smallestV, end],
      ...halves.flatMap(({ gradient, first, second }) => [gradient, first, second]),
    ],
    body: [
      ...rates.flatMap((rate, i) => (wide[i] as Local).set(splat(rate.get))),
      ...smallestG.set(splat(f32Constant(SMALLEST.gradient))),
      ...smallestM.set(splat(f32Constant(SMALLEST.firstMoment))),
      ...smallestV.set(splat(f32Constant(SMALLEST.secondMoment))),
      ...end.set(i32.add(w.get, bytes.get)),
      ...repeatWhile(i32.lessThanUnsigned(w.get, end.get), turn),
    ],
  };
}

function sumOfSquaresFunction(): WasmFunction {
  const local = localsFactory();
  const [g, bytes] = [local("i32"), local("i32")];
  const [end, vector, wide] = [local("i32"), local("v128"), local("v128")];
  const sums = [local("v128"), local("v128"), local("v128"), local("v128")]; // four independent chains of additions
  const square = (sum: Local, half: Code): Code => [
    ...wide.set(half),
    ...sum.set(f64x2.add(sum.get, f64x2.mul(wide.get, wide.get))),
  ];
  const vectorAt = (low: Local, high: Local): Code => [
    ...vector.set(v128.load(g.get)),
    ...square(low, f64x2.promoteLow(vector.get)),
    ...square(high, f64x2.promoteHigh(vector.get)),
    ...g.set(i32.add(g.get, i32.constant(VECTOR_BYTES))),
  ];
  const [a, b, c, d] = sums as [Local, Local, Local, Local];
  const total = f64x2.add(f64x2.add(a.get, b.get), f64x2.add(c.get, d.get));
  return {
    name: "sumOfSquares",
    parameters: [g, bytes],
    result: "f64",
    locals: [end, vector, wide, ...sums],
    body: [
      ...end.set(i32.add(g.get, bytes.get)),
      ...repeatWhile(i32.lessThanUnsigned(g.get, end.get), [...vectorAt(a, b), ...vectorAt(c, d)]),
      ...a.set(total),
      ...f64.add(f64x2.extractLane(0, a.get), f64x2.extractLane(1, a.get)),
    ],
  };
}
