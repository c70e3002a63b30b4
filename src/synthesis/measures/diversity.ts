// Diversity of the views of one instance: mean distance, effective number, variety of words.
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
 * The Vendi score (Friedman and Dieng 2023): exp of the entropy of the eigenvalues of K / n, with K the
 * cosines of n embeddings. 1 if all have one direction, n if all are orthogonal. Undefined for no
 * embeddings; zero vectors count as unrelated to all.
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
    if (value > 0) entropy -= value * Math.log(value); // rounding may make zeros slightly negative
  }
  return Math.exp(entropy);
}

/**
 * Distinct-n (Li et al. 2016): distinct n-grams over all n-grams, of all texts together. Words are
 * sequences of letters, digits and underscores, in lower case. Undefined if no text has n words.
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
