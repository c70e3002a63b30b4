// A strict, bounded parser for Python literals as written by `repr`: no eval, linear time, every error has a column.
// It is not a Python parser: errors name unsupported bytes, sets, complex numbers, f-strings, comments and expressions.
import { DataError } from "../base/errors.ts";
import { quote } from "./defects.ts";

/**
 * A parsed literal. `None` is null; a list is an array; a dict is a Map in source order. Tuples and floats are tagged, so that
 * `(1,)` differs from `[1]` and `1.0` from `1`. An int outside the safe range is a bigint.
 */
export type PythonValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | PythonFloat
  | PythonTuple
  | readonly PythonValue[]
  | PythonDict;
export interface PythonFloat {
  readonly kind: "float";
  readonly value: number;
}
export interface PythonTuple {
  readonly kind: "tuple";
  readonly items: readonly PythonValue[];
}
export type PythonDict = ReadonlyMap<string | number | bigint, PythonValue>;

export interface PythonLiteralLimits {
  /** Longest text, in UTF-16 code units. */
  readonly maxLength?: number;
  readonly maxDepth?: number;
  /** Also reads JSON's null, true and false; off by default. */
  readonly jsonWords?: boolean;
}

const MAX_LENGTH = 4 * 1024 * 1024; // the longest line that readers pass on
const MAX_DEPTH = 64; // MNRE nests three deep; the parser recurses
const MAX_INT_DIGITS = 4300; // Python's own limit; BigInt takes quadratic time

/** `data/not-a-python-literal`, with the column (from 1, in UTF-16 code units) where reading stopped. */
export class PythonLiteralError extends DataError {
  readonly column: number;

  constructor(column: number, what: string, value: unknown) {
    super({
      code: "data/not-a-python-literal",
      message: `column ${column}: ${what}`,
      place: `column ${column}`,
      value,
      remedy: "Write str, int, float, list, tuple, dict, True, False or None, as Python's repr does.",
    });
    this.column = column;
  }
}

/** The value of one Python literal. @throws PythonLiteralError. */
export function parsePythonLiteral(text: string, limits: PythonLiteralLimits = {}): PythonValue {
  return new Parser(text, limits).whole();
}

const SPACE = /[ \t\r\n\f]*/y;
const NUMBER =
  /(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?)/y;
const WORD = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const QUOTE = /'''|"""|'|"/y;
const PLAIN = { "'": /[^'\\\n\r]*/y, '"': /[^"\\\n\r]*/y, "'''": /[^'\\]*/y, '"""': /[^"\\]*/y } as const;
const OCTAL = /[0-7]{1,3}/y;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\n": "",
};
const JSON_WORDS: Readonly<Record<string, boolean | null>> = { null: null, true: true, false: false };
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class Parser {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #jsonWords: boolean;
  #at = 0;

  constructor(
    text: string,
    { maxLength = MAX_LENGTH, maxDepth = MAX_DEPTH, jsonWords = false }: PythonLiteralLimits,
  ) {
    this.#text = text;
    this.#jsonWords = jsonWords;
    this.#maxDepth = maxDepth;
    if (text.length > maxLength) {
      throw this.#error(`the text has ${text.length} characters; the limit is ${maxLength}`, text.length);
    }
  }

  whole(): PythonValue {
    const value = this.#value(0);
    this.#skip();
    if (this.#at < this.#text.length) throw this.#error(`${this.#here()} after the end of the literal`);
    return value;
  }

  #value(depth: number): PythonValue {
    this.#skip();
    if (depth > this.#maxDepth) throw this.#error(`nested more than ${this.#maxDepth} levels deep`, depth);
    const first = this.#text[this.#at];
    if (first === "[") return this.#items("]", depth).items;
    if (first === "(") {
      const { items, comma } = this.#items(")", depth);
      // Parentheses around one value without a comma are just parentheses.
      return items.length === 1 && !comma ? items[0]! : { kind: "tuple", items };
    }
    if (first === "{") return this.#dict(depth);
    if (first === "'" || first === '"') return this.#strings();
    if (first !== undefined && /[\d.+-]/.test(first)) return this.#number();
    return this.#word();
  }

  /** Values between brackets; `comma` is true if a comma followed the last one. */
  #items(close: "]" | ")", depth: number): { readonly items: PythonValue[]; readonly comma: boolean } {
    const items: PythonValue[] = [];
    const start = this.#at++;
    let comma = false;
    for (;;) {
      if (this.#take(close)) return { items, comma };
      if (this.#at >= this.#text.length) throw this.#unclosed(start);
      if (items.length > 0 && !comma) throw this.#error(`expected "," or "${close}", got ${this.#here()}`);
      items.push(this.#value(depth + 1));
      comma = this.#take(",");
    }
  }

  #dict(depth: number): PythonDict {
    const entries = new Map<string | number | bigint, PythonValue>();
    const start = this.#at++;
    let comma = true;
    for (;;) {
      if (this.#take("}")) return entries;
      if (this.#at >= this.#text.length) throw this.#unclosed(start);
      if (!comma) throw this.#error(`expected "," or "}", got ${this.#here()}`);
      const keyAt = this.#at;
      const key = this.#value(depth + 1);
      if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint") {
        throw this.#error(
          "a dict key must be a str or an int here",
          this.#text.slice(keyAt, this.#at),
          keyAt,
        );
      }
      if (entries.has(key)) throw this.#error(`the dict has the key ${quote(key)} twice`, key, keyAt);
      if (!this.#take(":")) {
        throw this.#error(`expected ":" after a dict key, got ${this.#here()}; sets are not supported`);
      }
      entries.set(key, this.#value(depth + 1));
      comma = this.#take(",");
    }
  }

  /** One string, or several adjacent ones, which Python concatenates. */
  #strings(): string {
    let joined = "";
    do {
      joined += this.#string(false);
      this.#skip();
    } while (this.#text[this.#at] === "'" || this.#text[this.#at] === '"');
    return joined;
  }

  #string(raw: boolean): string {
    const start = this.#at;
    const mark = this.#match(QUOTE) as keyof typeof PLAIN;
    const pieces: string[] = [];
    for (;;) {
      pieces.push(this.#match(PLAIN[mark]));
      if (this.#at >= this.#text.length)
        throw this.#error(`the string that starts here has no end`, undefined, start);
      if (this.#text.startsWith(mark, this.#at)) {
        this.#at += mark.length;
        return pieces.join("");
      }
      const next = this.#text[this.#at]!; // inside the text: checked above
      if (next === "\\") pieces.push(raw ? this.#rawEscape(start) : this.#escape(start));
      else if (mark.length === 3)
        pieces.push(this.#text[this.#at++]!); // a lone quote in a triple-quoted string
      else throw this.#error("a line break in a string that is not triple-quoted", next);
    }
  }

  /** In a raw string a backslash and the character after it are unchanged. */
  #rawEscape(start: number): string {
    const pair = this.#text.slice(this.#at, this.#at + 2);
    if (pair.length < 2) throw this.#error("the string that starts here is not closed", undefined, start);
    this.#at += 2;
    return pair;
  }

  #escape(start: number): string {
    const at = this.#at++;
    const kind = this.#text[this.#at];
    if (kind === undefined) throw this.#error("the string that starts here is not closed", undefined, start);
    const simple = Object.hasOwn(SIMPLE_ESCAPES, kind) ? SIMPLE_ESCAPES[kind] : undefined;
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    if (kind === "\r") {
      this.#at += this.#text[this.#at + 1] === "\n" ? 2 : 1;
      return "";
    }
    const octal = this.#match(OCTAL);
    if (octal !== "") return String.fromCharCode(Number.parseInt(octal, 8));
    const digits = Object.hasOwn(HEX_DIGITS, kind) ? HEX_DIGITS[kind] : undefined;
    if (digits !== undefined) {
      const hex = this.#text.slice(this.#at + 1, this.#at + 1 + digits);
      const code = Number.parseInt(hex, 16);
      if (!new RegExp(`^[\\da-fA-F]{${digits}}$`).test(hex) || code > 0x10ffff) {
        throw this.#error(`\\${kind} takes ${digits} hexadecimal digits, at most 10ffff`, hex, at);
      }
      this.#at += 1 + digits;
      return String.fromCodePoint(code);
    }
    if (kind === "N") throw this.#error("\\N{name} escapes are not supported", undefined, at);
    return "\\"; // Python keeps the backslash of an escape it does not know
  }

  #number(): PythonValue {
    const start = this.#at;
    const sign = this.#take("-") ? -1 : this.#take("+") ? 1 : 0;
    if (sign !== 0) this.#skip();
    const literal = this.#match(NUMBER);
    const next = this.#text[this.#at] ?? "";
    if (literal === "" || /[\p{ID_Continue}.]/u.test(next)) {
      this.#at = start;
      throw this.#error(`${this.#here()} is not a number`);
    }
    const plain = literal.replaceAll("_", "");
    if (!/^0[xXoObB]/.test(plain) && /[.eE]/.test(plain)) {
      return { kind: "float", value: (sign || 1) * Number(plain) };
    }
    if (/^0+[1-9]/.test(plain)) throw this.#error("an int must not start with 0", literal, start);
    if (plain.length > MAX_INT_DIGITS)
      throw this.#error(`an int of ${plain.length} digits`, plain.length, start);
    const exact = BigInt(plain) * BigInt(sign || 1);
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : exact;
  }

  /** True, False, None, or the prefix of a string. */
  #word(): PythonValue {
    const start = this.#at;
    const word = this.#match(WORD);
    if (word === "True") return true;
    if (word === "False") return false;
    if (word === "None") return null;
    if (this.#jsonWords && Object.hasOwn(JSON_WORDS, word)) return JSON_WORDS[word] ?? null;
    const quoted = /["']/.test(this.#text[this.#at] ?? "");
    if (quoted && /^[uUrR]$/.test(word)) {
      const first = this.#string(word.toLowerCase() === "r");
      this.#skip();
      return /["']/.test(this.#text[this.#at] ?? "") ? first + this.#strings() : first;
    }
    this.#at = start;
    if (quoted) throw this.#error(`strings with the prefix ${quote(word)} are not supported`, word);
    throw this.#error(
      word === "" ? `expected a value, got ${this.#here()}` : `${quote(word)} is not a literal`,
      word,
    );
  }

  #skip(): void {
    this.#match(SPACE);
  }

  /** Skips `token` and the white space around it if it comes next. */
  #take(token: string): boolean {
    this.#skip();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    this.#skip();
    return true;
  }

  /** Consumes and returns the match of a sticky pattern here; "" if none. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #here(): string {
    return this.#at >= this.#text.length
      ? "the end of the text"
      : quote(this.#text.slice(this.#at, this.#at + 12));
  }

  #unclosed(start: number): PythonLiteralError {
    return this.#error(`the ${quote(this.#text[start])} that opens here is not closed`, undefined, start);
  }

  #error(what: string, value?: unknown, at = this.#at): PythonLiteralError {
    return new PythonLiteralError(at + 1, what, value ?? this.#text.slice(at, at + 40));
  }
}
