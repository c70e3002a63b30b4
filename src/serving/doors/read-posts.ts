// Reads the posts of a door's request: all with the same model and options, each answer in its place.
import type { RelataError } from "../../base/errors.ts";
import type { ExtractionOptions } from "../../extract/post.ts";
import type { ServingContext } from "../http/dependencies.ts";
import { requireCount } from "../http/extract/read-request.ts";
import { runPosts } from "../http/extract/run-posts.ts";
import type { PostInput } from "../http/schemas.ts";
import type { ExtractAnswer } from "../service.ts";

/** What a door asks about its posts. */
export interface DoorRequest {
  /** The model's name; undefined: the first one. */
  readonly model: string | undefined;
  readonly posts: readonly PostInput[];
  readonly options: Pick<ExtractionOptions, "windowOverlap">;
}

/**
 * Reads the posts; offsets of the answers count code points, as Python and annotation tools do. What is wrong with one post is its answer.
 *
 * @throws RelataError for what concerns the whole request: an unknown model, too many posts
 */
export async function readPosts(
  c: ServingContext,
  { model, posts, options }: DoorRequest,
): Promise<readonly (ExtractAnswer | RelataError)[]> {
  requireCount(c, posts.length);
  const answers = new Array<ExtractAnswer | RelataError>(posts.length);
  const request = {
    posts: posts.map((post, index) => ({ index, id: undefined, post })),
    isMany: true,
    model,
    options: { ...options, offsets: "code-point" },
    explain: false,
    taken: () => undefined,
    parts: new Map(),
  } as const;
  await runPosts(c, request, c.get("deps").urls, ({ requested, answer }) => {
    answers[requested.index ?? 0] = answer;
  });
  return answers;
}
