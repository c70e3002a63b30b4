// Finds the text and the picture among the fields of a task: projects give them names of their own.
import type { Fields } from "../../base/fields.ts";
import type { GivenMention, MentionUnits } from "./mention-units.ts";

const PICTURE = /\.(?:jpe?g|png|gif|webp|bmp|tiff?)(?:[?#].*)?$/i;
const PICTURE_NAME = /^(?:image|img|picture|photo|pic)(?:_?(?:url|path|file|name))?$/i;
const TEXT_NAMES = ["text", "tweet", "content", "body", "sentence", "post", "message"];

/** The field that names a task's picture: one that looks like the path or address of a picture, or is called so. */
export function imageFieldOf(data: Fields): string | undefined {
  // A text may end in the name of a picture.
  const strings = stringsOf(data).filter(
    ([name, value]) => name !== "text" && !(TEXT_NAMES.includes(name) && /\s/.test(value.trim())),
  );
  const found =
    strings.find(([, value]) => PICTURE.test(value)) ??
    strings.find(([name, value]) => PICTURE_NAME.test(name) && value.trim() !== "");
  return found?.[0];
}

/**
 * The field with a task's text: the one called so, the only one that can be it, or the one that has the annotated mentions.
 * Undefined if none or several can be it.
 */
export function textFieldOf(
  data: Fields,
  mentions: readonly GivenMention[],
  units: MentionUnits,
): string | undefined {
  const image = imageFieldOf(data);
  const candidates = stringsOf(data)
    .map(([name]) => name)
    .filter((name) => name !== image);
  const fitting = candidates.filter((name) => units.fit(String(data[name]), mentions));
  const possible = fitting.length > 0 ? fitting : candidates;
  return possible.length === 1 ? possible[0] : TEXT_NAMES.find((name) => possible.includes(name));
}

function stringsOf(data: Fields): (readonly [string, string])[] {
  return Object.entries(data).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
}

/** Names that mean something in a document's `meta`. */
const RESERVED = ["tokens", "offsets"];

/** The other fields of a task, for a document's `meta`. */
export function otherFields(data: Fields, read: readonly (string | undefined)[]): Fields {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([name, value]) => !read.includes(name) && value !== null && value !== undefined)
      .map(([name, value]) => [RESERVED.includes(name) ? `${name} (from the file)` : name, value]),
  );
}

/** The name of a picture in a field: the name of the file for an upload, the path for a local file; an address stays. */
export function imageNameOf(value: string): string {
  const local = /^\/?data\/local-files\/\?d=(.+)$/.exec(value)?.[1];
  if (local !== undefined) return decoded(local);
  const upload = /^\/?data\/upload\/(?:\d+\/)?([^/?#]+)$/.exec(value)?.[1];
  return upload === undefined ? value : decoded(upload);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text; // a name with a lone %
    throw error;
  }
}
