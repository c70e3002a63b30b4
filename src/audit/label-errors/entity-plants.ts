// Puts an error into the annotation of a text, to learn how suspicious such an error is to a tagger that read the right annotation.

import type { RandomStream } from "../../training/random.ts";
import type { AnnotatedEntity } from "./entity-rows.ts";
import { type EntitySuspicion, entitySuspicions } from "./entity-suspicion.ts";
import type { Readings } from "./readings.ts";

const KINDS = ["type", "boundary", "removed", "invented"] as const;

/**
 * The score of one error in place of, or beside, an annotated entity: another type, a boundary one word off, the entity removed, or a word
 * that is none, each as often. -Infinity if the tagger does not miss a removed one.
 */
export function scoreOfPlanted(
  annotated: readonly AnnotatedEntity[],
  at: number,
  {
    readings,
    types,
    words,
  }: { readonly readings: Readings; readonly types: readonly string[]; readonly words: number },
  random: RandomStream,
  scoreOf: (one: EntitySuspicion) => number,
): number {
  const right = annotated[at]!;
  const others = annotated.filter((_, i) => i !== at);
  const isFree = (from: number, to: number) =>
    from >= 0 && to <= words && from < to && !others.some(({ start, end }) => start < to && from < end);
  const kind = KINDS[random.integer(KINDS.length)]!;
  const judged = (wrong: AnnotatedEntity, beside: readonly AnnotatedEntity[]) => {
    const own = entitySuspicions([...beside, wrong], readings, types, words).find(
      ({ given }) => given === wrong,
    );
    return scoreOf(own!); // every annotated entity has one
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
  if (kind === "invented" && free.length > 0) {
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
  return Math.max(Number.NEGATIVE_INFINITY, ...missing.map(scoreOf));
}
