// Random numbers for training. Every draw is a pure function of (seed, step, site), so a resumed run makes the same draws
// as an uninterrupted one, and no state has to be saved. The generator is Philox4x32-10.
import { TrainingError } from "../base/errors.ts";
import { exactExp, exactLog } from "./exact-math.ts";
import { philox } from "./philox.ts";
import { ELEMENTS_PER_COUNTER, ELEMENTS_PER_TURN, openMaskKernel, WINDOW_ELEMENTS } from "./philox-kernel.ts";

/** Names one use of randomness in a step: `"encoder.3.attention.dropout"`, `"mixup"`, a layer's number. */
export type Site = string | number;

const TWO_32 = 2 ** 32;
const THRESHOLDS = 65536; // dropout uses 16 random bits
const MASKS = 0x8000_0000; // set in the second key word for masks, so that they share no number with a stream of the same site
const NUMBERED = 0x8000_0000; // set in the second site word for numbers, so that 7 and "7" are different sites

interface Address {
  readonly k0: number;
  readonly k1: number;
  readonly c1: number;
  readonly c2: number;
  readonly c3: number;
}

function checkInteger(name: string, value: number, limit: number): void {
  if (Number.isInteger(value) && value >= 0 && value < limit) return;
  throw new TrainingError({
    code: "training/bad-random-address",
    message: `${name} must be an integer from 0 to ${limit - 1}, got ${value}`,
    value,
    remedy: `Give a non-negative integer as ${name}.`,
  });
}

/** The 64-bit key of a site: a number itself, or a string absorbed character by character by Philox. */
function siteWords(site: Site): readonly [number, number] {
  if (typeof site === "number") {
    checkInteger("site", site, 2 ** 53);
    return [(site % TWO_32) | 0, Math.floor(site / TWO_32) | NUMBERED];
  }
  const words = Uint32Array.of(site.length, 0, 0, 0);
  for (let i = 0; i < site.length; i++) {
    philox(words, site.charCodeAt(i), i, words[2] ?? 0, words[3] ?? 0, words[0] ?? 0, words[1] ?? 0);
  }
  return [words[0] ?? 0, (words[1] ?? 0) & ~NUMBERED];
}

function address(seed: number, step: number, site: Site): Address {
  checkInteger("seed", seed, 2 ** 53);
  checkInteger("step", step, TWO_32);
  const [c2, c3] = siteWords(site);
  return { k0: (seed % TWO_32) | 0, k1: Math.floor(seed / TWO_32), c1: step, c2, c3 };
}

/** A sequence of draws that belongs to one (seed, step, site); make one with `stream`. */
export class RandomStream {
  readonly #address: Address;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #used = 4;
  #spareNormal: number | undefined;

  /** @internal */
  constructor(at: Address) {
    this.#address = at;
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#used === 4) {
      const { k0, k1, c1, c2, c3 } = this.#address;
      philox(this.#words, this.#block++, c1, c2, c3, k0, k1);
      this.#used = 0;
    }
    return this.#words[this.#used++] as number; // #used is 0 to 3 here
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    return (high * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** An integer from 0 to `bound - 1`, each equally likely (by rejection, not by remainder). */
  integer(bound: number): number {
    checkInteger("bound", bound - 1, TWO_32);
    const limit = TWO_32 - (TWO_32 % bound);
    for (;;) {
      const value = this.uint32();
      if (value < limit) return value % bound;
    }
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * exactLog(square)) / square);
      this.#spareNormal = v * factor;
      return u * factor;
    }
  }

  /** A random order of 0..size-1 (Fisher-Yates). */
  permutation(size: number): Uint32Array {
    const order = Uint32Array.from({ length: size }, (_, i) => i);
    for (let i = size - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swapped = order[i] as number; // i and j are below size
      order[i] = order[j] as number;
      order[j] = swapped;
    }
    return order;
  }

  /** Beta(a, b) from two gamma variables; Beta(1, 1) is one uniform draw. */
  beta(a: number, b: number): number {
    if (!(a > 0 && b > 0 && Number.isFinite(a + b))) {
      throw new TrainingError({
        code: "training/bad-distribution",
        message: `both parameters must be positive and finite, got Beta(${a}, ${b})`,
        value: [a, b],
        remedy: "Give positive parameters, for example Beta(1, 1).",
      });
    }
    if (a === 1 && b === 1) return this.uniform();
    const logX = this.#logGamma(a);
    return 1 / (1 + exactExp(this.#logGamma(b) - logX)); // logarithms, because tiny shapes lead to gammas below the smallest double
  }

  /** Logarithm of a Gamma(shape, 1) variable (Marsaglia and Tsang 2000; below 1 by their boost of shape + 1). */
  #logGamma(shape: number): number {
    const boosted = shape < 1 ? shape + 1 : shape;
    const d = boosted - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (exactLog(this.#positiveUniform()) >= 0.5 * x * x + d * (1 - v + exactLog(v))) continue;
      const value = exactLog(d * v);
      return shape < 1 ? value + exactLog(this.#positiveUniform()) / shape : value;
    }
  }

  /** Uniform in (0, 1]. */
  #positiveUniform(): number {
    return 1 - this.uniform();
  }
}

/**
 * The random numbers of one site at one step: the same arguments always return the same sequence.
 *
 * @throws TrainingError `training/bad-random-address`
 * @example
 * import { stream } from "relata/training";
 *
 * const lambda = stream(1234, 0, "mixup/lambda").beta(1, 1); // the same in every run with seed 1234
 */
export function stream(seed: number, step: number, site: Site): RandomStream {
  return new RandomStream(address(seed, step, site));
}

/** The dropout probability that masks realise: `p` rounded to a multiple of 1/65536 (0.1 becomes 0.10000610). */
export function realisedDropout(p: number): number {
  if (!(p >= 0 && p < 1)) {
    throw new TrainingError({
      code: "training/bad-dropout",
      message: `a dropout probability is at least 0 and below 1, got ${p}`,
      value: p,
      remedy: "Give a probability such as 0.1, or 0 for no dropout.",
    });
  }
  return Math.min(Math.round(p * THRESHOLDS), THRESHOLDS - 1) / THRESHOLDS;
}

/** What draws a mask elsewhere as `fillDropoutMask` does: its site in the counter, and the rule for 16 random bits. */
export interface MaskDraw {
  /** Third and fourth word of the counter, unsigned. */
  readonly words: readonly [number, number];
  /** The key's two words, unsigned; the same for all sites of a seed. */
  readonly key: readonly [number, number];
  /** Elements whose bits are below it become 0; with 0, all become `keep`, which is 1. */
  readonly threshold: number;
  /** The other elements' value. */
  readonly keep: number;
}

/** @throws TrainingError `training/bad-dropout`, `training/bad-random-address` */
export function maskDraw(p: number, seed: number, step: number, site: Site): MaskDraw {
  const realised = realisedDropout(p);
  const { k0, k1, c2, c3 } = address(seed, step, site);
  return {
    words: [c2 >>> 0, c3 >>> 0],
    key: [k0 >>> 0, (k1 | MASKS) >>> 0],
    threshold: realised * THRESHOLDS,
    keep: 1 / (1 - realised),
  };
}

let kernel: ReturnType<typeof openMaskKernel> | null = null; // null: not opened yet

/**
 * Fills `target` with 0 (with probability `p`, realised as `realisedDropout(p)`) or 1/(1 - realised p), so that the
 * expected value is 1. Element i depends on (seed, step, site, i) only, not on the target's length.
 *
 * @throws TrainingError `training/bad-dropout`, `training/bad-random-address`
 */
export function fillDropoutMask(
  target: Float32Array,
  p: number,
  seed: number,
  step: number,
  site: Site,
): void {
  const realised = realisedDropout(p);
  const at = address(seed, step, site);
  if (realised === 0) {
    target.fill(1);
    return;
  }
  if (kernel === null) kernel = openMaskKernel();
  if (kernel === undefined) {
    fillMaskPortably(target, realised, at);
    return;
  }
  const keepBits = new Int32Array(Float32Array.of(1 / (1 - realised)).buffer)[0] as number; // one element
  const { k0, k1, c1, c2, c3 } = at;
  for (let done = 0; done < target.length; done += WINDOW_ELEMENTS) {
    const wanted = Math.min(WINDOW_ELEMENTS, target.length - done);
    const produced = Math.ceil(wanted / ELEMENTS_PER_TURN) * ELEMENTS_PER_TURN;
    const block = done / ELEMENTS_PER_COUNTER;
    kernel.fill(produced, block, c1, c2, c3, k0, k1 | MASKS, realised * THRESHOLDS, keepBits);
    target.set(wanted === WINDOW_ELEMENTS ? kernel.window : kernel.window.subarray(0, wanted), done);
  }
}

/**
 * The kernel's specification, and its replacement on a processor without SIMD: four counters produce 32 elements,
 * first the halves (low, high) of word 0 of each counter, then those of word 1, and so on.
 */
function fillMaskPortably(target: Float32Array, realised: number, at: Address): void {
  const keep = 1 / (1 - realised);
  const threshold = realised * THRESHOLDS;
  const words = new Uint32Array(4);
  const halves = new Uint16Array(4 * ELEMENTS_PER_COUNTER);
  for (let done = 0, block = 0; done < target.length; done += halves.length, block += 4) {
    for (let lane = 0; lane < 4; lane++) {
      philox(words, block + lane, at.c1, at.c2, at.c3, at.k0, at.k1 | MASKS);
      words.forEach((word, index) => {
        halves[8 * index + 2 * lane] = word;
        halves[8 * index + 2 * lane + 1] = word >>> 16;
      });
    }
    const count = Math.min(halves.length, target.length - done);
    for (let i = 0; i < count; i++) target[done + i] = (halves[i] as number) >= threshold ? keep : 0;
  }
}

/** `fillDropoutMask` without the SIMD kernel; the tests compare the two bit by bit. */
export function fillDropoutMaskPortably(
  target: Float32Array,
  p: number,
  seed: number,
  step: number,
  site: Site,
): void {
  fillMaskPortably(target, realisedDropout(p), address(seed, step, site));
}
