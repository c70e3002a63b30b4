// What tag scores say about the annotation of a text: wrong types, wrong boundaries, entities that are none, and entities that are missing.

import type { WordSpan } from "../../models/tagging/tag-scheme.ts";
import type { AnnotatedEntity } from "./entity-rows.ts";
import type { Readings } from "./readings.ts";

/** `type`: another label. `boundary`: other words. `spurious`: no entity. `missing`: an entity where none is annotated. */
export type EntityErrorKind = "type" | "boundary" | "spurious" | "missing";

/** An annotation, or its absence, and what the model reads instead. */
export interface EntitySuspicion {
  readonly kind: EntityErrorKind;
  /** What is annotated; undefined if an entity is missing. */
  readonly given: AnnotatedEntity | undefined;
  readonly givenProbability: number;
  /** What the model reads; undefined for no entity. */
  readonly other: WordSpan | undefined;
  readonly otherProbability: number;
  /** The lowest probability of a word's annotated tag, among the words of both. */
  readonly wordProbability: number;
}

/** One suspicion for each annotated entity, and one for each entity that the model finds where none is annotated. */
export function entitySuspicions(
  annotated: readonly AnnotatedEntity[],
  readings: Readings,
  types: readonly string[],
  words: number,
): EntitySuspicion[] {
  const lowest = (...spans: readonly (Pick<WordSpan, "start" | "end"> | undefined)[]) =>
    Math.min(...spans.flatMap((span) => (span ? wordProbabilities(annotated, readings, span) : [])));
  const of = annotated.map((given): EntitySuspicion => {
    const best = alternatives(given, readings.found, types, words)
      .map((other) => ({ other, probability: readings.entity(other) }))
      .reduce<{ other: WordSpan | undefined; probability: number }>(
        (a, b) => (b.probability > a.probability ? b : a),
        { other: undefined, probability: readings.nothing(given.start, given.end) },
      );
    return {
      kind: best.other === undefined ? "spurious" : sameWords(best.other, given) ? "type" : "boundary",
      given,
      givenProbability: readings.entity(given),
      other: best.other,
      otherProbability: best.probability,
      wordProbability: lowest(given, best.other),
    };
  });
  const missing = readings.found
    .filter((found) => !annotated.some((given) => overlap(found, given)))
    .map(
      (other): EntitySuspicion => ({
        kind: "missing",
        given: undefined,
        givenProbability: readings.nothing(other.start, other.end),
        other,
        otherProbability: readings.entity(other),
        wordProbability: lowest(other),
      }),
    );
  return [...of, ...missing];
}

/** The probability of what is annotated for each word of a span. */
function wordProbabilities(
  annotated: readonly AnnotatedEntity[],
  readings: Readings,
  { start, end }: Pick<WordSpan, "start" | "end">,
): number[] {
  return Array.from({ length: end - start }, (_, i) => {
    const word = start + i;
    const around = annotated.find((entity) => entity.start <= word && word < entity.end);
    return readings.word(word, around?.label, around?.start === word);
  });
}

/** Other readings of an entity's place: other types, one word more or less at either end, and what the model finds there. */
function alternatives(
  given: AnnotatedEntity,
  found: readonly WordSpan[],
  types: readonly string[],
  words: number,
): WordSpan[] {
  const { start, end, label } = given;
  const moved = [
    [start - 1, end],
    [start + 1, end],
    [start, end - 1],
    [start, end + 1],
  ] as const;
  return [
    ...types.filter((type) => type !== label).map((type) => ({ start, end, label: type })),
    ...moved
      .filter(([from, to]) => from >= 0 && to <= words && to > from)
      .map(([from, to]) => ({ start: from, end: to, label })),
    ...found.filter((span) => overlap(span, given) && !(sameWords(span, given) && span.label === label)),
  ];
}

const sameWords = (a: Pick<WordSpan, "start" | "end">, b: Pick<WordSpan, "start" | "end">): boolean =>
  a.start === b.start && a.end === b.end;

const overlap = (a: Pick<WordSpan, "start" | "end">, b: Pick<WordSpan, "start" | "end">): boolean =>
  a.start < b.end && b.start < a.end;
