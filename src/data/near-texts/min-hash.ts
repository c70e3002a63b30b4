// MinHash with locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998): texts with many words in common fall into a common band.
import { mixed } from "../../base/hash53.ts";

const HASHES = 64;
/** Rows of a band; with 16 bands, 99 % of pairs with a Jaccard similarity of 0.7 share one, and 64 % of those with 0.5. */
const ROWS = 4;
export const BANDS = HASHES / ROWS;

/** Words and pairs of neighbouring words, as a set of hashes: what two versions of a text have in common. */
export function shinglesOf(words: ArrayLike<number>): Set<number> {
  const shingles = new Set<number>();
  for (let i = 0; i < words.length; i++) {
    shingles.add(words[i]!);
    if (i > 0) shingles.add(mixed(Math.imul(words[i - 1]!, 31) ^ words[i]!));
  }
  return shingles;
}

/** Jaccard similarity of two sets: what they share over what either has; 0 for two empty ones. */
export function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const one of small) if (large.has(one)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}

/** Makes band hashes; the same seed makes the same ones. */
export class MinHash {
  readonly #factors: Int32Array;
  readonly #terms: Int32Array;
  readonly #least = new Uint32Array(HASHES);

  constructor(seed: number) {
    this.#factors = Int32Array.from({ length: HASHES }, (_, i) => mixed(seed * 1000 + 2 * i) | 1);
    this.#terms = Int32Array.from({ length: HASHES }, (_, i) => mixed(seed * 1000 + 2 * i + 1));
  }

  /** The hash of each band, 32 bits, of a set of shingles. */
  bands(shingles: ReadonlySet<number>, into: (band: number, hash: number) => void): void {
    const least = this.#least.fill(0xffffffff);
    for (const shingle of shingles) {
      for (let i = 0; i < HASHES; i++) {
        const hash = (Math.imul(shingle, this.#factors[i]!) + this.#terms[i]!) >>> 0;
        if (hash < least[i]!) least[i] = hash;
      }
    }
    for (let band = 0; band < BANDS; band++) {
      let hash = band;
      for (let row = 0; row < ROWS; row++) hash = mixed(Math.imul(hash, 31) ^ least[band * ROWS + row]!);
      into(band, hash);
    }
  }
}
