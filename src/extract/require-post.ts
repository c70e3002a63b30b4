// Checks posts from untyped callers: null fields count as absent, and any other wrong type is refused by name.
import { DataError } from "../base/errors.ts";
import { isFields } from "../base/fields.ts";
import type { ExtractRequest } from "../extractors/requests.ts";
import type { Post } from "./post.ts";

/** @throws DataError `data/wrong-type` */
export function requirePost(value: unknown): Post {
  if (!isFields(value)) throw wrongType("the post", "post", value, "Give an object with a text.");
  const { text, image, caption, entities, words } = value;
  if (typeof text !== "string") throw wrongType("the text", "text", text, "Give a string.");
  if (image != null && typeof image !== "string" && !(image instanceof Uint8Array) && !isSource(image))
    throw wrongType(
      "the image",
      "image",
      image,
      "Give the path of a file, its bytes as a Uint8Array, or an object with a place and a function bytes.",
    );
  if (caption != null && typeof caption !== "string")
    throw wrongType("the caption", "caption", caption, "Give a string.");
  requireSpans(entities, "entities", "label");
  requireSpans(words, "words");
  const isClean = [image, caption, entities, words].every((field) => field !== null);
  const post = value as object as Post; // its fields were checked above
  if (isClean) return post;
  return Object.fromEntries(Object.entries(post).filter(([, field]) => field !== null)) as object as Post;
}

function isSource(image: unknown): boolean {
  return isFields(image) && typeof image.place === "string" && typeof image.bytes === "function";
}

/** Checks two mentions of a text, given as objects with edges. @throws DataError `data/wrong-type` */
export function requireMentionPair(value: unknown): asserts value is ExtractRequest {
  if (!isFields(value)) throw wrongType("the request", "request", value, "Give an object with a text.");
  const { text, head, tail } = value;
  if (typeof text !== "string") throw wrongType("the text", "text", text, "Give a string.");
  for (const [name, span] of Object.entries({ head, tail })) {
    if (!isFields(span)) throw wrongType(`the ${name}`, name, span, "Give an object with start and end.");
    requireSpan(span, name);
  }
}

/** Refuses a question about two mentions in place of a post, which would be read without them. @throws DataError `data/wrong-type` */
export function refuseMentionPair(post: Post): void {
  if (!isFields(post) || !("head" in post)) return;
  throw new DataError({
    code: "data/wrong-type",
    message: "the post has a head: two mentions are given to be asked about",
    place: "head",
    remedy: "Call `relationBetween` for the relation between two mentions, or leave out head and tail.",
  });
}

function requireSpans(value: unknown, name: string, label?: "label"): void {
  if (value === undefined || value === null) return;
  if (!Array.isArray(value)) throw wrongType(`${name}`, name, value, "Give a list, or omit it.");
  for (const [i, span] of value.entries()) {
    const place = `${name}[${i}]`;
    if (!isFields(span)) throw wrongType(place, place, span, "Give an object with start and end.");
    requireSpan(span, place);
    if (label !== undefined && typeof span[label] !== "string")
      throw wrongType(`${place}.${label}`, `${place}.${label}`, span[label], "Give a string.");
  }
}

function requireSpan(span: Readonly<Record<string, unknown>>, place: string): void {
  for (const edge of ["start", "end"]) {
    if (typeof span[edge] !== "number")
      throw wrongType(`${place}.${edge}`, `${place}.${edge}`, span[edge], "Give a number.");
  }
}

function wrongType(what: string, place: string, value: unknown, remedy: string): DataError {
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  return new DataError({
    code: "data/wrong-type",
    message: `${what} is ${kind}`,
    place,
    value,
    remedy,
  });
}
