// POST /v1/extract and /v1/extract/stream: posts with their pictures as one multipart body.
import { eventsOf } from "./events.ts";
import { ProblemError } from "./problem-error.ts";
import { request, requestJson } from "./request.ts";
import type { Answer, PostRequest, Problem, Result } from "./types.ts";

/** A post to send. */
export interface PostToSend {
  readonly id?: string;
  readonly text: string;
  readonly caption?: string | undefined;
  readonly picture?: File | undefined;
  readonly entities?: PostRequest["entities"] | undefined;
}

/** How posts are read. */
export interface ReadOptions {
  readonly model?: string | undefined;
  readonly explain?: boolean;
  readonly threshold?: number | undefined;
  readonly signal?: AbortSignal;
}

/** The JSON of one post; its picture is the part of this name. */
export function postRequest(post: PostToSend, part: string): PostRequest {
  return {
    ...(post.id === undefined ? {} : { id: post.id }),
    text: post.text,
    ...(post.caption === undefined || post.caption === "" ? {} : { caption: post.caption }),
    ...(post.picture === undefined ? {} : { image: { part } }),
    ...(post.entities === undefined ? {} : { entities: post.entities }),
  };
}

/** The fields of a request that do not belong to a post. */
export function requestFields({ model, explain, threshold }: ReadOptions): Record<string, unknown> {
  return {
    ...(model === undefined ? {} : { model }),
    ...(explain === true ? { explain } : {}),
    ...(threshold === undefined ? {} : { options: { threshold } }),
  };
}

function bodyOf(json: object, pictures: ReadonlyMap<string, File>): RequestInit {
  if (pictures.size === 0) {
    return { body: JSON.stringify(json), headers: { "content-type": "application/json" } };
  }
  const form = new FormData();
  form.set("request", JSON.stringify(json));
  for (const [part, file] of pictures) form.set(part, file, file.name);
  return { body: form };
}

/** Reads one post. */
export function extract(post: PostToSend, options: ReadOptions): Promise<Answer> {
  const pictures = new Map(post.picture === undefined ? [] : [["image", post.picture] as const]);
  const json = { ...postRequest(post, "image"), ...requestFields(options) };
  return requestJson<Answer>("v1/extract", {
    method: "POST",
    ...bodyOf(json, pictures),
    signal: options.signal ?? null,
  });
}

/** Reads many posts; yields each result with its position as soon as it is there. */
export async function* extractStream(
  posts: readonly PostToSend[],
  options: ReadOptions,
): AsyncGenerator<Result & { readonly index: number }> {
  const pictures = new Map<string, File>();
  const entries = posts.map((post, i) => {
    if (post.picture !== undefined) pictures.set(`picture-${i}`, post.picture);
    return postRequest(post, `picture-${i}`);
  });
  const response = await request("v1/extract/stream", {
    method: "POST",
    ...bodyOf({ posts: entries, ...requestFields(options) }, pictures),
    signal: options.signal ?? null,
  });
  if (response.body === null) throw new TypeError("The answer has no body");
  let done = false;
  for await (const { event, data } of eventsOf(response.body)) {
    if (event === "result") yield JSON.parse(data) as Result & { readonly index: number };
    if (event === "error") throw new ProblemError(JSON.parse(data) as Problem);
    if (event === "done") done = true;
  }
  if (!done) throw new TypeError("The connection ended before the last result");
}
