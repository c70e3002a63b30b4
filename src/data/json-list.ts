// Splits a JSON list into the texts of its elements, so that each can be parsed, located by its line and counted separately.
import { DataError } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { binaryKind, HEAD_BYTES, otherKind } from "./file-kind.ts";
import { cannotReadFile } from "./lines.ts";

const MAX_FILE_BYTES = 256 * 1024 * 1024; // WebNLG's training part has 2.3 MB

/** An element and its first line (from 1), or the place where the text stops being a list; nothing follows a fault. */
export type JsonListPart =
  | { readonly kind: "element"; readonly line: number; readonly text: string }
  | { readonly kind: "fault"; readonly line: number; readonly message: string };

/** Whether the first line of a file begins a list of objects instead of JSON lines. */
export function startsList(line: string): boolean {
  return /^\s*\[\s*(?:\{|$)/.test(line);
}

/**
 * Reads a file that is one list, including its byte order mark; undefined if it is not UTF-8.
 *
 * @throws DataError `data/cannot-read`, `data/file-too-large`, `data/other-format`.
 */
export async function readListText(path: string, signal?: AbortSignal): Promise<string | undefined> {
  signal?.throwIfAborted();
  const failure = cannotReadFile(path);
  const bytes = await readRegularFile(path, MAX_FILE_BYTES, (fault) =>
    fault.kind === "too-large" ? tooLarge(path, fault.problem) : failure(fault),
  );
  const kind = binaryKind(bytes.subarray(0, HEAD_BYTES));
  if (kind) throw otherKind(path, kind);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

function tooLarge(path: string, problem: string): DataError {
  return new DataError({
    code: "data/file-too-large",
    message: `${path} ${problem}; a list has to fit into memory`,
    place: path,
    value: path,
    remedy: "Split the list into several files, or write one element per line: jq -c '.[]'",
  });
}

/** The elements of a JSON list. Within an element only brackets and strings are scanned. */
export function* splitJsonList(text: string): Generator<JsonListPart> {
  const scanner = new ListScanner(text);
  scanner.skipSpace();
  if (!scanner.take("[")) {
    yield scanner.fault("the file does not start with [");
    return;
  }
  scanner.skipSpace();
  if (!scanner.take("]")) {
    for (;;) {
      const { line } = scanner;
      const element = scanner.element();
      if (element === undefined || element === "") {
        yield scanner.fault(element === "" ? "an element is missing" : "the list has no end");
        return;
      }
      yield { kind: "element", line, text: element };
      if (scanner.take("]")) break;
      scanner.take(","); // an element ends at one of the two
      scanner.skipSpace();
    }
  }
  scanner.skipSpace();
  if (!scanner.atEnd) yield scanner.fault("something follows the list");
}

const SPACE = new Set([" ", "\t", "\r", "\n"]);

class ListScanner {
  readonly #text: string;
  #at = 0;
  line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  fault(message: string): JsonListPart {
    return { kind: "fault", line: this.line, message };
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  skipSpace(): void {
    while (SPACE.has(this.#text[this.#at] ?? "")) this.#step();
  }

  /** The trimmed text up to the comma or bracket that ends an element; undefined if there is none. */
  element(): string | undefined {
    const start = this.#at;
    let depth = 0;
    while (!this.atEnd) {
      const character = this.#text[this.#at];
      if (depth === 0 && (character === "," || character === "]"))
        return this.#text.slice(start, this.#at).trim();
      if (character === '"') this.#skipString();
      else {
        if (character === "{" || character === "[") depth++;
        if (character === "}" || character === "]") depth--;
        this.#step();
      }
      if (depth < 0) return undefined;
    }
    return undefined;
  }

  #skipString(): void {
    this.#step();
    while (!this.atEnd && this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === "\\") this.#step();
      this.#step();
    }
    this.#step();
  }

  #step(): void {
    if (this.#text[this.#at] === "\n") this.line++;
    this.#at++;
  }
}
