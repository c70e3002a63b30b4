// How unsure a model is about a post: what a queue of documents to correct is ordered by, on the server and in the page.
import type { Extraction } from "./post.ts";

/**
 * 1 minus the lowest probability among all that the model finds in a post ("least confidence"): 0 if it is sure of everything, or finds nothing. Given
 * mentions do not count.
 */
export function uncertaintyOf({
  entities,
  relations,
  category,
}: Pick<Extraction, "entities" | "relations" | "category">): number {
  const found = [...entities, ...relations, ...(category ? [category] : [])];
  return 1 - found.reduce((lowest, { probability = 1 }) => Math.min(lowest, probability), 1);
}
