// Clusters of texts that are nearly equal: candidates by common bands, each verified by the true similarity of its words.
import { BANDS, jaccard, MinHash, shinglesOf } from "./min-hash.ts";

/** Similarity from which on two texts count as versions of each other: one changed word in a tweet of twelve leaves 0.77. */
export const NEAR = 0.7;

/** Shorter texts say little: "good morning all" is nobody's copy. */
export const MIN_WORDS = 5;

/** Texts before it in its band with which a text is compared, beside the first: bounds the work where thousands share a template. */
const NEIGHBOURS = 8;

/** Number of texts up to which a band can be sorted by one number of 53 bits: hash and position. */
const MAX_TEXTS = 2 ** 21;

/** Texts as hashes of words. */
export interface WordSource {
  readonly size: number;
  words(text: number): ArrayLike<number>;
}

/** Returns for each text the number of its cluster: the smallest position in it. */
export function nearClusters(source: WordSource, seed: number, onBand?: (band: number) => void): Uint32Array {
  const size = Math.min(source.size, MAX_TEXTS);
  const clusters = Uint32Array.from({ length: source.size }, (_, i) => i);
  const hasher = new MinHash(seed);
  const hashes = Array.from({ length: BANDS }, () => new Uint32Array(size));
  const isLong = new Uint8Array(size);
  for (let text = 0; text < size; text++) {
    const words = source.words(text);
    if (words.length < MIN_WORDS) continue;
    isLong[text] = 1;
    hasher.bands(shinglesOf(words), (band, hash) => {
      hashes[band]![text] = hash;
    });
  }
  const find = (text: number): number => {
    let root = text;
    while (clusters[root] !== root) root = clusters[root]!;
    for (let at = text; at !== root; ) [at, clusters[at]] = [clusters[at]!, root];
    return root;
  };
  const compare = (a: number, b: number) => {
    const [rootA, rootB] = [find(a), find(b)];
    if (rootA === rootB) return;
    if (jaccard(shinglesOf(source.words(a)), shinglesOf(source.words(b))) < NEAR) return;
    clusters[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  };
  for (const [band, own] of hashes.entries()) {
    onBand?.(band);
    const order = new Float64Array(isLong.reduce((sum, one) => sum + one, 0));
    for (let text = 0, at = 0; text < size; text++)
      if (isLong[text] === 1) order[at++] = own[text]! * MAX_TEXTS + text;
    order.sort();
    let start = 0;
    for (let i = 1; i < order.length; i++) {
      if (Math.floor(order[i]! / MAX_TEXTS) !== Math.floor(order[start]! / MAX_TEXTS)) {
        start = i;
        continue;
      }
      const text = order[i]! % MAX_TEXTS;
      compare(order[start]! % MAX_TEXTS, text);
      for (let j = Math.max(start + 1, i - NEIGHBOURS); j < i; j++) compare(order[j]! % MAX_TEXTS, text);
    }
  }
  for (let text = 0; text < clusters.length; text++) clusters[text] = find(text);
  return clusters;
}
