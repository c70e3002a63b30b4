// Random integers from a seed, for resampling: xoshiro128** (Blackman and Vigna 2018), its state filled by splitmix32.
// Not for training, whose random numbers must be addressable by step: see src/training/random.ts.

/** Gives uniform integers in `[0, bound)`, `1 <= bound <= 2^32`, the same for the same seed everywhere. */
export type RandomIndex = (bound: number) => number;

/** @param seed an integer; its low 64 bits count. */
export function seededIndex(seed: number): RandomIndex {
  const next = xoshiro128(splitmix32(seed));
  return (bound) => {
    // Values past the largest multiple of bound would favour small indices; they are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = next();
    while (value >= limit) value = next();
    return value % bound;
  };
}

/** The generator itself: uint32 after uint32 from a state of four words, not all zero. */
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
