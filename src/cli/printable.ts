// Makes output safe for a terminal: no control character, escape sequence or change of writing direction from a file name, an id
// or a text. All output of a command passes through here.
import { randomBytes } from "node:crypto";

/** Replaces the escape character in relata's own colours until the text is printed; random, so that no input can imitate it. */
const OWN_ESCAPE = `\u{10fffd}${randomBytes(8).toString("hex")}`;

/** Marks a text whose escape sequences are relata's own. */
export function ownSequences(text: string): string {
  return text.replaceAll("\u001b", OWN_ESCAPE);
}

/** Control characters except line ends and tabs; direction marks and overrides; lone surrogates. */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu;
/** Those of them that JSON does not escape. */
const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes prose safe for a terminal: control characters are shown as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped).replaceAll(OWN_ESCAPE, "\u001b");
}

/** Makes JSON safe for a terminal: the same value, written with escapes. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
