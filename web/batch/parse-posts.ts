// Reads the posts of a file: JSON lines, or a post a line. What cannot be read is reported with its line, not dropped silently.
import type { Entity, JsonObject } from "../../src/data/document.ts";

/** A post to read. */
export interface BatchPost {
  readonly id: string;
  readonly text: string;
  /** Name of its picture. */
  readonly image?: string;
  readonly caption?: string;
  readonly entities?: readonly Entity[];
  readonly meta?: JsonObject;
}

/** A line that is not a post. */
export interface PostFault {
  readonly line: number;
  readonly message: string;
}

/** The posts of a file. */
export interface ParsedPosts {
  readonly posts: readonly BatchPost[];
  readonly faults: readonly PostFault[];
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Reads one JSON line. @throws Error that says what is wrong with it */
function postOf(line: string, fallbackId: string): BatchPost {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("this is not a JSON object");
  }
  const { id, text, image, picture, caption, entities, meta } = value as Readonly<Record<string, unknown>>;
  if (!isText(text) || text.trim() === "") throw new Error("there is no text");
  const name = image ?? picture;
  if (name != null && !isText(name)) throw new Error("the image is not the name of a file");
  if (caption != null && !isText(caption)) throw new Error("the caption is not a text");
  if (id != null && !isText(id) && typeof id !== "number") throw new Error("the id is not a text or number");
  return {
    id: id == null ? fallbackId : String(id),
    text,
    ...(isText(name) ? { image: name } : {}),
    ...(isText(caption) ? { caption } : {}),
    ...(Array.isArray(entities) && entities.length > 0 ? { entities: entities as readonly Entity[] } : {}),
    ...(typeof meta === "object" && meta !== null ? { meta: meta as JsonObject } : {}),
  };
}

/** Reads a file by its content: JSON lines if its first line begins with a brace, else a post a line. Blank lines are not posts. */
export function parsePosts(fileName: string, content: string): ParsedPosts {
  const stem = fileName.replace(/\.[^.]*$/, "");
  const lines = content.replace(/^\ufeff/, "").split(/\r?\n/);
  const isJson =
    lines
      .find((line) => line.trim() !== "")
      ?.trimStart()
      .startsWith("{") === true;
  const posts: BatchPost[] = [];
  const faults: PostFault[] = [];
  const ids = new Set<string>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const fallback = `${stem}-${i}`;
    try {
      const post = isJson ? postOf(line, fallback) : { id: fallback, text: line };
      if (ids.has(post.id)) throw new Error(`the id "${post.id}" is used twice`);
      ids.add(post.id);
      posts.push(post);
    } catch (error) {
      faults.push({ line: i + 1, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { posts, faults };
}
