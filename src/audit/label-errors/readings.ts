// What independent tag scores say about readings of a text: this entity here, or none, with the probability of each.

import { atOnce } from "../../base/turns.ts";
import { bioLattice, entityStates } from "../../models/tagging/bio-lattice.ts";
import { decodeSpans } from "../../models/tagging/decode-entities.ts";
import type { TagScheme, WordSpan } from "../../models/tagging/tag-scheme.ts";
import { ScoredLattice } from "../../nn/chain-lattice.ts";

/** The probabilities of readings of one text: shares of all well-formed tag sequences. */
export interface Readings {
  /** The entities of the most probable sequence. */
  readonly found: readonly WordSpan[];
  /** That exactly these words are an entity of this type. */
  entity(span: WordSpan): number;
  /** That none of these words belongs to an entity. */
  nothing(start: number, end: number): number;
  /** That a word, whatever its neighbours are, is the first or a later word of an entity of this type, or belongs to none. */
  word(word: number, label: string | undefined, isFirst: boolean): number;
}

/** Reads tag scores of the words of one text, float32 [words, tags]: log-probabilities or logits of each word. */
export function readingsOf(scheme: TagScheme, scores: Float32Array): Readings {
  const tags = scheme.tags.length;
  const words = scores.length / tags;
  const free = {
    start: new Float32Array(tags),
    end: new Float32Array(tags),
    transitions: new Float32Array(tags ** 2),
  };
  if (words === 0) return { found: [], entity: () => 0, nothing: () => 1, word: () => 1 };
  const wordIndex = Array.from({ length: words }, (_, i) => i);
  const positions = new Uint8Array(words); // every token begins a word
  const sums = atOnce(new ScoredLattice(bioLattice(scheme), free).summing(positions, scores));
  return {
    found: decodeSpans(scheme, scores, wordIndex, free, true),
    entity({ start, end, label }) {
      const type = scheme.typeIndex(label);
      const states = entityStates(scheme, type, positions.subarray(start, end));
      return Math.exp(sums.logShare(start, states, (state) => state !== scheme.inside(type)));
    },
    nothing(start, end) {
      const states = Array.from({ length: end - start }, () => scheme.outside);
      return Math.exp(sums.logShare(start, states, () => true));
    },
    word(word, label, isFirst) {
      const row = scores.subarray(word * tags, (word + 1) * tags);
      const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
      const type = label === undefined ? undefined : scheme.typeIndex(label);
      const tag = type === undefined ? scheme.outside : isFirst ? scheme.begin(type) : scheme.inside(type);
      return Math.exp(row[tag]!) / total; // a tag of the scheme
    },
  };
}
