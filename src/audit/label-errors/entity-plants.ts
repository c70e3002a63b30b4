// Puts an error into the annotation of a text, to learn how suspicious such an error is to a tagger that read the right annotation.

import type { RandomStream } from "../../training/random.ts";
import type { AnnotatedEntity } from "./entity-rows.ts";
import { type EntityErrorKind, type EntitySuspicion, entitySuspicions } from "./entity-suspicion.ts";
import type { Readings } from "./readings.ts";

/** An error that was put in, by what it would be called, and how suspicious it is. */
export interface PlantedEntity {
  readonly kind: EntityErrorKind;
  /** -Infinity if it does not look like an error of its kind. */
  readonly score: number;
}

const KINDS = ["type", "boundary", "missing", "spurious"] as const;

/**
 * Puts in one error in place of, or beside, an annotated entity: another type, a boundary one word off, the entity removed, or a word that is
 * none, each as often; the entity is removed where nothing else can be done.
 */
export function plantEntity(
  annotated: readonly AnnotatedEntity[],
  at: number,
  {
    readings,
    types,
    words,
  }: { readonly readings: Readings; readonly types: readonly string[]; readonly words: number },
  random: RandomStream,
  scoreOf: (one: EntitySuspicion) => number,
): PlantedEntity {
  const right = annotated[at]!;
  const others = annotated.filter((_, i) => i !== at);
  const isFree = (from: number, to: number) =>
    from >= 0 && to <= words && from < to && !others.some(({ start, end }) => start < to && from < end);
  const kind = KINDS[random.integer(KINDS.length)]!;
  const judged = (wrong: AnnotatedEntity, beside: readonly AnnotatedEntity[]) => {
    const own = entitySuspicions([...beside, wrong], readings, types, words).find(
      ({ given }) => given === wrong,
    );
    return { kind, score: own?.kind === kind ? scoreOf(own) : Number.NEGATIVE_INFINITY };
  };
  const otherTypes = types.filter((type) => type !== right.label);
  if (kind === "type" && otherTypes.length > 0) {
    return judged({ ...right, label: otherTypes[random.integer(otherTypes.length)]! }, others);
  }
  const { start, end } = right;
  const moved = (
    [
      [start - 1, end],
      [start + 1, end],
      [start, end - 1],
      [start, end + 1],
    ] as const
  ).filter(([from, to]) => isFree(from, to));
  if (kind === "boundary" && moved.length > 0) {
    const [from, to] = moved[random.integer(moved.length)]!;
    return judged({ ...right, start: from, end: to }, others);
  }
  const free = Array.from({ length: words }, (_, word) => word).filter(
    (word) => isFree(word, word + 1) && (word < start || word >= end),
  );
  if (kind === "spurious" && free.length > 0) {
    const word = free[random.integer(free.length)]!;
    return judged(
      { ...right, start: word, end: word + 1, label: types[random.integer(types.length)]! },
      annotated,
    );
  }
  const missing = entitySuspicions(others, readings, types, words).filter(
    ({ given, other }) =>
      given === undefined && other !== undefined && other.start < end && start < other.end,
  );
  return { kind: "missing", score: Math.max(Number.NEGATIVE_INFINITY, ...missing.map(scoreOf)) };
}
