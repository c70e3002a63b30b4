// What chance explains: the same texts with their second halves dealt out again, so that openings and endings recur but no text is a copy.

import type { WordSource } from "../../data/near-texts/near-texts.ts";
import { seededIndex } from "../../evaluation/seeded-random.ts";

/**
 * Texts of the first half of each text and the second half of another. Common phrases, templates and short texts meet in them as often as
 * their halves are common; a copy of a whole text does not, because its two halves part.
 */
export function recombined(source: WordSource, seed: number): WordSource {
  const random = seededIndex(seed);
  const partner = Uint32Array.from({ length: source.size }, (_, i) => i);
  for (let i = partner.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [partner[i], partner[j]] = [partner[j]!, partner[i]!];
  }
  return {
    size: source.size,
    words: (text) => {
      const first = Array.from(source.words(text));
      const second = Array.from(source.words(partner[text]!));
      return [...first.slice(0, Math.ceil(first.length / 2)), ...second.slice(Math.ceil(second.length / 2))];
    },
  };
}
