// How unsure the model is about a post: what the queue of documents is ordered by.
import type { Answer } from "../api/types.ts";

/** From 0 (sure) to 1: one minus the least probable of all that was found. Where nothing was found, nothing is known: 0. */
export function uncertaintyOf(answer: Pick<Answer, "entities" | "relations" | "category">): number {
  const { entities, relations, category } = answer;
  const found = [...entities, ...relations, ...(category === undefined ? [] : [category])];
  return found.reduce((most, { probability }) => Math.max(most, 1 - (probability ?? 1)), 0);
}
