// Finds the entries of a JSON file by bytes, without parsing them: the members of an object, the elements of a list, or lines.

/** An entry: its bytes, and its key in an object. */
export interface JsonPart {
  readonly start: number;
  readonly end: number;
  readonly key?: string;
}

/** The entries of a file. `fault` says why it has none. */
export interface JsonParts {
  readonly shape: "object" | "list";
  readonly parts: readonly JsonPart[];
  readonly fault?: string;
}

const BYTE = { quote: 0x22, backslash: 0x5c, comma: 0x2c, colon: 0x3a } as const;
const OPEN = new Set([0x7b, 0x5b]); // { [
const CLOSE = new Set([0x7d, 0x5d]); // } ]
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The entries of one object or list, or of several values one after the other (JSON lines). */
export function jsonParts(bytes: Uint8Array): JsonParts {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  at = skipSpace(bytes, at);
  const first = bytes[at];
  if (first === undefined) return { shape: "list", parts: [], fault: "it is empty" };
  const end = valueEnd(bytes, at);
  if (end === undefined) return { shape: "list", parts: [], fault: "its first value has no end" };
  if (skipSpace(bytes, end) < bytes.length) return lines(bytes, at);
  if (first === 0x7b) return members(bytes, at + 1);
  if (first === 0x5b) return elements(bytes, at + 1);
  return { shape: "list", parts: [], fault: "it is a single value" };
}

function lines(bytes: Uint8Array, from: number): JsonParts {
  const parts: JsonPart[] = [];
  for (let at = from; at < bytes.length; at = skipSpace(bytes, at)) {
    const end = valueEnd(bytes, at);
    if (end === undefined) return { shape: "list", parts: [], fault: `value ${parts.length + 1} has no end` };
    parts.push({ start: at, end });
    at = end;
  }
  return { shape: "list", parts };
}

function elements(bytes: Uint8Array, from: number): JsonParts {
  const parts: JsonPart[] = [];
  for (let at = skipSpace(bytes, from); !CLOSE.has(bytes[at] ?? 0x5d); at = skipSpace(bytes, at)) {
    if (bytes[at] === BYTE.comma) at = skipSpace(bytes, at + 1);
    const end = valueEnd(bytes, at);
    if (end === undefined || end === at)
      return { shape: "list", parts: [], fault: `element ${parts.length + 1} cannot be read` };
    parts.push({ start: at, end });
    at = end;
  }
  return { shape: "list", parts };
}

function members(bytes: Uint8Array, from: number): JsonParts {
  const parts: JsonPart[] = [];
  const decoder = new TextDecoder();
  for (let at = skipSpace(bytes, from); !CLOSE.has(bytes[at] ?? 0x7d); at = skipSpace(bytes, at)) {
    if (bytes[at] === BYTE.comma) at = skipSpace(bytes, at + 1);
    const keyEnd = bytes[at] === BYTE.quote ? valueEnd(bytes, at) : undefined;
    const colon = keyEnd === undefined ? -1 : skipSpace(bytes, keyEnd);
    const start = skipSpace(bytes, colon + 1);
    const end = bytes[colon] === BYTE.colon ? valueEnd(bytes, start) : undefined;
    if (keyEnd === undefined || end === undefined || end === start)
      return { shape: "object", parts: [], fault: `member ${parts.length + 1} cannot be read` };
    const text = decoder.decode(bytes.subarray(at + 1, keyEnd - 1));
    parts.push({ start, end, key: text.includes("\\") ? unescaped(text) : text });
    at = end;
  }
  return { shape: "object", parts };
}

/** A key with its escapes read; one with a wrong escape stays as it is and matches nothing. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (SPACE.has(bytes[at] ?? 0)) at++;
  return at;
}

/** The end of the value that begins at a position; undefined if the file ends before. */
function valueEnd(bytes: Uint8Array, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!; // within the length
    if (byte === BYTE.quote) {
      at++;
      while (at < bytes.length && bytes[at] !== BYTE.quote) at += bytes[at] === BYTE.backslash ? 2 : 1;
      if (at >= bytes.length) return undefined;
      if (depth === 0) return at + 1;
    } else if (OPEN.has(byte)) {
      depth++;
    } else if (CLOSE.has(byte)) {
      if (depth === 0) return at; // the end of what is around a number or word
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === BYTE.comma || SPACE.has(byte))) {
      return at;
    }
  }
  return depth === 0 ? bytes.length : undefined;
}
