// Results of a batch as JSON lines in relata's document format: what was found, or the problem of the post.
import type { Result } from "../api/types.ts";
import type { BatchPost } from "./parse-posts.ts";

/** Whether a post could not be read. */
export function isFailed(result: Result): result is Extract<Result, { problem: unknown }> {
  return "problem" in result;
}

/** One line of the download. A post that failed has a `problem` in its `meta`. */
export function resultLine(post: BatchPost, result: Result): string {
  const { id, text, image, meta } = post;
  const head = { id, text, ...(image === undefined ? {} : { image }) };
  if (isFailed(result)) {
    const { code, detail } = result.problem;
    const problem = { code: code ?? null, detail };
    return JSON.stringify({ ...head, entities: [], meta: { ...meta, problem } });
  }
  const { entities, relations, category } = result;
  return JSON.stringify({
    ...head,
    entities,
    relations,
    ...(category === undefined ? {} : { category }),
    ...(meta === undefined ? {} : { meta }),
  });
}

/** What a filter keeps. */
export type Kind = "all" | "entities" | "relations" | "nothing" | "failed";

/** Whether a result is of a kind, and its post or labels contain some words. */
export function matches(post: BatchPost, result: Result | undefined, kind: Kind, words: string): boolean {
  if (kind !== "all") {
    if (result === undefined) return false;
    if (isFailed(result)) return kind === "failed";
    if (kind === "failed") return false;
    if (kind === "entities" && result.entities.length === 0) return false;
    if (kind === "relations" && result.relations.length === 0) return false;
    if (kind === "nothing" && result.entities.length + result.relations.length > 0) return false;
  }
  if (words === "") return true;
  const sought = words.toLowerCase();
  const labels =
    result === undefined || isFailed(result)
      ? []
      : [
          ...result.entities,
          ...result.relations,
          ...(result.category === undefined ? [] : [result.category]),
        ].map(({ label }) => label);
  return [post.text, post.id, ...labels].some((text) => text.toLowerCase().includes(sought));
}
