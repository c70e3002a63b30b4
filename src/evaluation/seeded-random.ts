// Random integers from a seed, for resampling: xoshiro128** (Blackman and Vigna 2018), with its state filled by splitmix32.
// Not for training, which needs random numbers addressable by step: see src/training/random.ts.

/** Returns uniform integers in `[0, bound)`, `1 <= bound <= 2^32`; the same seed returns the same integers on every machine. */
export type RandomIndex = (bound: number) => number;

/** @param seed an integer; its low 64 bits count. */
export function seededIndex(seed: number): RandomIndex {
  const next = xoshiro128(splitmix32(seed));
  return (bound) => {
    // Values above the largest multiple of bound would favour small indices and are redrawn.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = next();
    while (value >= limit) value = next();
    return value % bound;
  };
}

/** The generator: returns one uint32 per call, from a state of four words that are not all zero. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [s0, s1, s2, s3] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotate(s3, 11);
    return result;
  };
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** Four well-mixed words from a seed. */
function splitmix32(seed: number): [number, number, number, number] {
  const wide = BigInt.asUintN(64, BigInt(seed));
  let a = Number(wide & 0xffffffffn) ^ Math.imul(Number(wide >> 32n), 0x9e3779b1);
  const word = () => {
    a = (a + 0x9e3779b9) | 0;
    let z = Math.imul(a ^ (a >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return [word(), word(), word(), word()];
}
