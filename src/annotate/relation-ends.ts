// Finds the ends of a relation among the mentions of its answer: by id, or by text.
import type { Span } from "../data/document.ts";
import type { SaidMention } from "./read-answer.ts";

/** A mention with its place. */
export interface GroundedEntity extends Span {
  readonly label: string;
}

/** A mention of the answer and the spans that it stands for. */
export interface Resolved {
  readonly said: SaidMention;
  readonly entities: readonly GroundedEntity[];
}

/** The mention that a relation refers to: by id, else by its text if only one mention has it (or only one of a fitting type). */
export function referredTo(
  reference: string,
  resolved: readonly Resolved[],
  types: readonly string[] | undefined,
): readonly GroundedEntity[] | "danglingRelation" | "lostMention" | "ambiguousRelation" {
  const name = reference.trim();
  const byId = resolved.filter(({ said }) => said.id?.trim() === name);
  const byText = byId.length > 0 ? byId : resolved.filter(({ said }) => said.text.trim() === name);
  const folded = name.toLowerCase();
  const all =
    byText.length > 0 ? byText : resolved.filter(({ said }) => said.text.trim().toLowerCase() === folded);
  if (all.length === 0) return "danglingRelation";
  const placed = all.filter(({ entities }) => entities.length > 0);
  if (placed.length === 0) return "lostMention";
  const fitting = placed.filter(({ entities }) => types?.includes(entities[0]?.label ?? "") ?? true);
  const choice = fitting.length > 0 ? fitting : placed;
  const spans = new Set(choice.flatMap(({ entities }) => entities));
  const isOne =
    choice.length === 1 || choice.every(({ entities }) => sameSpans(entities, choice[0]?.entities ?? []));
  return isOne ? [...spans] : "ambiguousRelation";
}

function sameSpans(a: readonly GroundedEntity[], b: readonly GroundedEntity[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

/** Of mentions that stand for several places, the two that are nearest to each other; undefined if there is only one place. */
export function nearestPair(
  heads: readonly GroundedEntity[],
  tails: readonly GroundedEntity[],
): readonly [GroundedEntity, GroundedEntity] | undefined {
  let best: readonly [GroundedEntity, GroundedEntity] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const head of heads) {
    for (const tail of tails) {
      if (head.start === tail.start && head.end === tail.end) continue;
      const distance = Math.max(head.start, tail.start) - Math.min(head.end, tail.end);
      if (distance < least) [best, least] = [[head, tail], distance];
    }
  }
  return best;
}
