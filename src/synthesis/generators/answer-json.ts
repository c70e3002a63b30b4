// Reads JSON of servers and programs as untrusted input: UTF-8, with or without a byte order mark, of a
// bounded depth and number of values.
// Strings may be long (pictures in Base64), so only tokens outside strings are counted, before parsing.

/** Answers nest a dozen levels; deeper ones could exhaust the stack. */
const MAX_DEPTH = 64;
/** A history of ComfyUI holds a few thousand values; millions would exhaust memory. */
const MAX_VALUES = 200_000;

export type JsonReading =
  | { readonly state: "json"; readonly value: unknown }
  /** Completes "the answer ...". */
  | { readonly state: "none"; readonly why: string };

/** Parses bytes as JSON. */
export function jsonOfBytes(bytes: Uint8Array): JsonReading {
  const text = textOfBytes(bytes);
  return text === undefined ? { state: "none", why: "is not UTF-8" } : jsonOfText(text);
}

/** Parses a text as JSON. */
export function jsonOfText(text: string): JsonReading {
  const why = excessOf(text);
  if (why !== undefined) return { state: "none", why };
  try {
    return { state: "json", value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { state: "none", why: "is not JSON" };
    throw error;
  }
}

/** Bytes as text without a byte order mark; undefined when they are not UTF-8. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function excessOf(text: string): string | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at + 1);
        break;
      case "{":
      case "[":
        values++;
        if (++depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
        break;
      case "}":
      case "]":
        depth--;
        break;
      case ",":
        if (++values > MAX_VALUES) return `contains more than ${MAX_VALUES} values`;
        break;
      default:
    }
  }
  return undefined;
}

/** The end of the string that began before `from`; the text's end if it is not closed. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\" && end - 1 - backslashes >= from) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
