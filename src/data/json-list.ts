// Takes a JSON list apart into the texts of its elements, so that each is parsed, named by its line and counted by itself.

/** An element and the line it starts in (from 1), or the place where the text stops being a list; nothing follows a fault. */
export type JsonListPart =
  | { readonly kind: "element"; readonly line: number; readonly text: string }
  | { readonly kind: "fault"; readonly line: number; readonly message: string };

/** The elements of a JSON list. What an element holds is not looked at beyond its brackets and strings. */
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

  /** The text up to the comma or bracket that ends an element, trimmed; undefined when there is none. */
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
