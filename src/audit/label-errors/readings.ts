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
  if (words === 0) return { found: [], entity: () => 0, nothing: () => 1 };
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
  };
}
