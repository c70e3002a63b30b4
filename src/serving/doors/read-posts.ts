// Reads the posts of a door's request: all with the same model and options, each answer in its place.
import { RelataError } from "../../base/errors.ts";
import type { ExtractionOptions } from "../../extract/post.ts";
import type { ServingContext } from "../http/dependencies.ts";
import { runPosts } from "../http/extract/run-posts.ts";
import { RequestError } from "../http/request-error.ts";
import type { PostInput } from "../http/schemas.ts";
import type { ExtractAnswer, ServedModel } from "../service.ts";

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
  const { settings, urls } = c.get("deps");
  if (posts.length > settings.maxPosts)
    throw new RequestError({
      code: "serving/too-many-posts",
      message: `the request has ${posts.length} posts, and the server reads at most ${settings.maxPosts}`,
    });
  const answers = new Array<ExtractAnswer | RelataError>(posts.length);
  const request = {
    posts: posts.map((post, index) => ({ index, id: undefined, post })),
    isMany: true,
    model,
    options: { ...options, unwantedVisual: "report", offsets: "code-point" },
    explain: false,
    taken: () => undefined,
    parts: new Map(),
  } as const;
  await runPosts(c, request, urls, ({ requested, answer }) => {
    answers[requested.index ?? 0] = answer;
  });
  return answers;
}

/** The model of a request. @throws RelataError `serving/no-such-model`, `serving/not-ready` */
export function servedModel(c: ServingContext, name: string | undefined): ServedModel {
  const models = c.get("deps").service.models();
  const model = name === undefined ? models[0] : models.find((one) => one.name === name);
  if (model !== undefined) return model;
  if (name === undefined)
    throw new RequestError({
      code: "serving/not-ready",
      message: "no model is loaded yet",
      fault: "work",
      headers: { "retry-after": "5" },
    });
  throw new RelataError({
    code: "serving/no-such-model",
    message: `no model named ${JSON.stringify(name)} is served`,
    place: "model",
    value: name,
    remedy: `Name one of ${models.map((one) => one.name).join(", ")}.`,
  });
}
