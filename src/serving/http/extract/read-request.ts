// A request of extraction, as JSON or as a form: its posts, not yet checked one by one, and where their pictures are.
import { nearest } from "../../../base/nearest.ts";
import { readBody } from "../body/read-body.ts";
import { checkRequest, parseJson, requireJson } from "../body/read-json.ts";
import { type FormPart, readMultipart } from "../body/read-multipart.ts";
import { notJson } from "../body/scan-json.ts";
import type { ServingContext } from "../dependencies.ts";
import { RequestError } from "../request-error.ts";
import { MANY_OUTSIDE, ONE, POST, type PostInput, type RequestInput } from "../schemas.ts";

/** One post, or why it cannot be one. */
export interface RequestedPost {
  /** Undefined for the only post of a request. */
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly post: PostInput | RequestError;
}

/** A request of extraction. */
export interface ExtractRequest {
  readonly posts: readonly RequestedPost[];
  /** Whether the posts came as a list, and are answered as one. */
  readonly isMany: boolean;
  readonly model: RequestInput["model"];
  readonly options: RequestInput["options"];
  readonly explain: boolean;
  /** The bytes of base64 text that was taken out of the JSON. */
  readonly taken: (text: string) => Buffer | undefined;
  /** The files of the form. */
  readonly parts: ReadonlyMap<string, FormPart>;
}

/** @throws RequestError for a request that is not well formed; a post's own faults are in `posts` */
export async function readExtractRequest(c: ServingContext): Promise<ExtractRequest> {
  const isForm = /^multipart\/form-data\b/i.test(c.req.header("content-type") ?? "");
  if (!isForm) {
    requireJson(c.req.header("content-type"));
    return requestOf(c, await parseJson(await readBody(c)), new Map());
  }
  const parts = await readMultipart(c);
  const request = parts.get("request");
  if (request === undefined) return requestOf(c, simpleForm(parts), imageOnly(parts));
  const files = new Map([...parts].filter(([, part]) => part !== request));
  const found = requestOf(c, await parseJson(request.bytes, "the field `request`"), files);
  requireUsed(found);
  return found;
}

const NOTHING_TAKEN = () => undefined;

interface Parsed {
  readonly value: unknown;
  readonly taken: ExtractRequest["taken"];
}

function requestOf(
  c: ServingContext,
  { value, taken }: Parsed,
  parts: ExtractRequest["parts"],
): ExtractRequest {
  const isMany = typeof value === "object" && value !== null && "posts" in value;
  if (!isMany) {
    const { model, options, explain = false, ...post } = checkRequest(ONE, value);
    const posts = [{ index: undefined, id: post.id, post }];
    return { posts, isMany, model, options, explain, taken, parts };
  }
  const { posts: given, model, options, explain = false } = checkRequest(MANY_OUTSIDE, value);
  requireCount(c, given.length, "posts");
  const posts = given.map((post, index) => ({ index, id: idOf(post), post: checkedPost(post, index) }));
  return { posts, isMany, model, options, explain, taken, parts };
}

/** @throws RequestError `serving/too-many-posts` */
export function requireCount(c: ServingContext, count: number, place?: string): void {
  const { maxPosts } = c.get("deps").settings;
  if (count <= maxPosts) return;
  throw new RequestError({
    code: "serving/too-many-posts",
    message: `the request has ${count} posts, and the limit is ${maxPosts}`,
    place,
    value: count,
  });
}

function checkedPost(value: unknown, index: number): PostInput | RequestError {
  try {
    return checkRequest(POST, value, "the post", ["posts", index]);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
}

/** The id of a post that may have other faults. */
function idOf(post: unknown): string | undefined {
  const checked = POST.shape.id.safeParse((post as { readonly id?: unknown } | null)?.id);
  return checked.success ? checked.data : undefined;
}

/** The fields of a form without `request`. */
const FORM_FIELDS = ["text", "caption", "id", "model", "offsets", "explain"] as const;

function simpleForm(parts: ReadonlyMap<string, FormPart>): Parsed {
  const known: readonly string[] = [...FORM_FIELDS, "image", "request"];
  for (const name of parts.keys()) {
    if (!known.includes(name)) throw unknownPart(name, known);
  }
  const texts = FORM_FIELDS.flatMap((name) => {
    const part = parts.get(name);
    return part === undefined ? [] : [[name, textOf(name, part)] as const];
  });
  const { offsets, explain, ...fields }: Partial<Record<string, string>> = Object.fromEntries(texts);
  if (explain !== undefined && explain !== "true" && explain !== "false")
    throw badForm("the field `explain` is neither true nor false", "explain");
  const image = parts.get("image");
  if (image !== undefined && !image.isFile)
    throw badForm(
      "the field `image` is a text, and not the file of a picture (curl -F image=@photo.jpg)",
      "image",
    );
  const value = {
    ...fields,
    ...(image === undefined ? {} : { image: { part: "image" } }),
    ...(offsets === undefined ? {} : { options: { offsets } }),
    ...(explain === undefined ? {} : { explain: explain === "true" }),
  };
  return { value, taken: NOTHING_TAKEN };
}

function imageOnly(parts: ReadonlyMap<string, FormPart>): ReadonlyMap<string, FormPart> {
  const image = parts.get("image");
  return new Map(image === undefined ? [] : [["image", image]]);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function textOf(name: string, { bytes }: FormPart): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw notJson(`the field \`${name}\` is not valid UTF-8`, error);
  }
}

/** A file that no post names is a mistake of the caller, and its picture would be missing without a word. */
function requireUsed({ posts, parts }: ExtractRequest): void {
  const used = new Set(posts.flatMap(({ post }) => (post instanceof RequestError ? [] : [post.image?.part])));
  if (posts.some(({ post }) => post instanceof RequestError)) return; // it may be the one that names it
  for (const name of parts.keys()) {
    if (used.has(name)) continue;
    const wanted = [...used].filter((one) => one !== undefined && !parts.has(one)) as string[];
    throw unknownPart(name, wanted);
  }
}

function unknownPart(name: string, known: readonly string[]): RequestError {
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
  const shown = JSON.stringify(name.slice(0, 60));
  return badForm(`the part ${shown} is neither a known field nor named by a post${hint}`, name);
}

function badForm(message: string, place: string): RequestError {
  return new RequestError({ code: "serving/bad-multipart", message, place: place.slice(0, 60) });
}
