// Diversity of the views of one instance: how far they are from each other, how many they are in effect, how varied their words are.
import { cosineDistance } from "./drift.ts";
import { symmetricEigenvalues } from "./eigenvalues.ts";

/** Mean of 1 - cosine over all pairs; undefined for fewer than two embeddings. */
export function meanPairwiseDistance(embeddings: readonly Float32Array[]): number | undefined {
  const count = embeddings.length;
  if (count < 2) return undefined;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) sum += cosineDistance(embeddings[i]!, embeddings[j]!);
  }
  return sum / ((count * (count - 1)) / 2);
}

/**
 * The Vendi score (Friedman and Dieng 2023): exp of the entropy of the eigenvalues of K / n, with K the cosines of n embeddings. 1 when
 * all have one direction, n when all are at right angles. Undefined for no embeddings; vectors of zeros count as unrelated to all.
 */
export function vendiScore(embeddings: readonly Float32Array[]): number | undefined {
  const count = embeddings.length;
  if (count === 0) return undefined;
  const kernel = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    kernel[i * count + i] = 1 / count;
    for (let j = i + 1; j < count; j++) {
      const cosine = 1 - cosineDistance(embeddings[i]!, embeddings[j]!);
      kernel[i * count + j] = cosine / count;
      kernel[j * count + i] = cosine / count;
    }
  }
  let entropy = 0;
  for (const value of symmetricEigenvalues(kernel, count)) {
    if (value > 0) entropy -= value * Math.log(value); // rounding leaves zeros a little below 0
  }
  return Math.exp(entropy);
}

/**
 * Distinct-n (Li et al. 2016): different runs of n words over all runs of n words, of all texts together. Words are runs of letters,
 * digits and underscores, in lower case. Undefined where no text has n words.
 */
export function distinctN(texts: readonly string[], n: number): number | undefined {
  const distinct = new Set<string>();
  let total = 0;
  for (const text of texts) {
    const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}_]+/gu) ?? [];
    for (let start = 0; start + n <= words.length; start++) {
      distinct.add(words.slice(start, start + n).join(" "));
      total++;
    }
  }
  return total === 0 ? undefined : distinct.size / total;
}
