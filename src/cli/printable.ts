// What a terminal may be sent: no control character, escape sequence or change of writing direction that came from a file name, an id
// or a text. Everything that a command prints passes through here.
import { randomBytes } from "node:crypto";

/** Stands for the escape character in relata's own colours until the text is sent; nobody else can write it. */
const OWN_ESCAPE = `\u{10fffd}${randomBytes(8).toString("hex")}`;

/** A text whose escape sequences are relata's own. */
export function ownSequences(text: string): string {
  return text.replaceAll("\u001b", OWN_ESCAPE);
}

/** Control characters but line ends and tabs; marks and overrides of direction; half surrogate pairs. */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu;
/** The same where JSON leaves them as they are. */
const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Prose as a terminal may have it: what controls it is shown as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped).replaceAll(OWN_ESCAPE, "\u001b");
}

/** JSON as a terminal may have it: the same value, written with escapes. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
