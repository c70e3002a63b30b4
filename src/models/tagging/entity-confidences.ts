// The entities that a model finds in labelled texts, whether they are right, and their probabilities at any temperature.
import type { ChainScores } from "../../nn/viterbi.ts";
import { decodeSpans, spanProbabilities } from "./decode-entities.ts";
import type { TagScheme, WordSpan } from "./tag-scheme.ts";

/** A text's scores and its gold entities. */
export interface ScoredText {
  /** [tokens, tags] */
  readonly emissions: Float32Array;
  /** As for `decodeEntities`. */
  readonly wordIndex: readonly number[];
  readonly gold: readonly WordSpan[];
}

/** Predicted entities of all texts, one after the other. */
export interface EntityConfidences {
  /** Whether span and label match a gold entity. */
  readonly correct: readonly boolean[];
  readonly labels: readonly string[];
  /** The text in which each was found. */
  readonly textOf: readonly number[];
  /** Gold entities that were not found, with their texts. */
  readonly missed: readonly { readonly label: string; readonly text: number }[];
  /** The probability of each at this temperature. */
  readonly confidencesAt: (temperature: number) => number[];
}

/**
 * Decodes every text once: the entities found do not depend on the temperature.
 *
 * @throws ModelError as `decodeEntities`.
 */
export function entityConfidences(
  scheme: TagScheme,
  texts: readonly ScoredText[],
  chain: ChainScores,
  { constrained }: { readonly constrained: boolean },
): EntityConfidences {
  const decoded = texts.map((text, place) => ({
    ...text,
    place,
    spans: decodeSpans(scheme, text.emissions, text.wordIndex, chain, constrained),
  }));
  const found = decoded.filter(({ spans }) => spans.length > 0);
  return {
    correct: found.flatMap(({ spans, gold }) => {
      const golden = new Set(gold.map(keyOf));
      return spans.map((span) => golden.has(keyOf(span)));
    }),
    labels: found.flatMap(({ spans }) => spans.map(({ label }) => label)),
    textOf: found.flatMap(({ spans, place }) => spans.map(() => place)),
    missed: decoded.flatMap(({ spans, gold, place }) => {
      const keys = new Set(spans.map(keyOf));
      return gold.filter((one) => !keys.has(keyOf(one))).map(({ label }) => ({ label, text: place }));
    }),
    confidencesAt: (temperature) =>
      found.flatMap(({ emissions, wordIndex, spans }) =>
        spanProbabilities(scheme, emissions, wordIndex, chain, spans, temperature),
      ),
  };
}

function keyOf({ start, end, label }: WordSpan): string {
  return `${start} ${end} ${label}`;
}
