// Reads the posts of a file: JSON lines, a JSON array, or a post a line. What cannot be read is reported with its place, not dropped silently.
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
  /** "line 3", or "element 3" of an array. */
  readonly place: string;
  readonly message: string;
}

/** The posts of a file. */
export interface ParsedPosts {
  readonly posts: readonly BatchPost[];
  readonly faults: readonly PostFault[];
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Checks one post of JSON. @throws Error that says what is wrong with it */
function postOf(value: unknown, fallbackId: string): BatchPost {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("this is not a JSON object");
  }
  const { id, text, image, picture, caption, entities, meta } = value as Readonly<Record<string, unknown>>;
  if (!isText(text) || text.trim() === "") throw new Error("there is no text");
  const name = image ?? picture;
  if (name != null && !isText(name)) throw new Error("the image is not the name of a file");
  if (caption != null && !isText(caption)) throw new Error("the caption is not a text");
  if (entities != null && !Array.isArray(entities)) throw new Error("the entities are not a list");
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

/** One element of a file, before it is read. */
interface Element {
  readonly place: string;
  read(): BatchPost;
}

/**
 * Reads a file by its content: JSON lines if it begins with a brace, a JSON array if it begins with a bracket, else a post a line. Blank lines are not
 * posts.
 *
 * @throws Error for a file that is not text in UTF-8, a table, or an array that is not JSON
 */
export function parsePosts(fileName: string, bytes: Uint8Array): ParsedPosts {
  const posts: BatchPost[] = [];
  const faults: PostFault[] = [];
  const ids = new Set<string>();
  for (const { place, read } of elementsOf(fileName, textOf(fileName, bytes))) {
    try {
      const post = read();
      if (ids.has(post.id)) throw new Error(`the id "${post.id}" is used twice`);
      ids.add(post.id);
      posts.push(post);
    } catch (error) {
      faults.push({ place, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { posts, faults };
}

function textOf(fileName: string, bytes: Uint8Array): string {
  if (/\.[ct]sv$/i.test(fileName)) {
    throw new Error(
      `${fileName} is a table. Make documents of it with \`relata import table ${fileName} --columns text=COLUMN --out posts\`, and choose these`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`${fileName} is not a text in UTF-8. Save it as UTF-8, and choose it again`);
  }
}

function elementsOf(fileName: string, content: string): readonly Element[] {
  const stem = fileName.replace(/\.[^.]*$/, "");
  const begin = content.trimStart()[0];
  if (begin === "[") {
    const values: readonly unknown[] = JSON.parse(content);
    return values.map((value, i) => {
      const fallbackId = `${stem}-${i}`;
      return { place: `element ${i + 1}`, read: () => postOf(value, fallbackId) };
    });
  }
  return content.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const fallbackId = `${stem}-${i}`;
    const read = () =>
      begin === "{" ? postOf(JSON.parse(line), fallbackId) : { id: fallbackId, text: line };
    return [{ place: `line ${i + 1}`, read }];
  });
}
