// Divides the text of a CSV or TSV file into records and cells (RFC 4180). A quote that is never closed is part of its cell, and ruins no row after it.

/** A record of cells. */
export interface CsvRecord {
  /** Its first line, from 1. */
  readonly line: number;
  /** Number of its lines: a quoted cell may have line breaks. */
  readonly lines: number;
  readonly cells: readonly string[];
  /** Whether a cell begins with a quote that is not closed, or is followed by more than the cell's end: it is read as it is. */
  readonly hasStrayQuote: boolean;
}

const MAX_QUOTED = 1024 * 1024; // characters of a quoted cell: texts are shorter, and a lone quote must not swallow a file

/** The records of a text. */
export function* csvRecords(text: string, separator: string): Generator<CsvRecord> {
  const scanner = new Scanner(text, separator);
  while (!scanner.atEnd) yield scanner.record();
}

class Scanner {
  readonly #text: string;
  readonly #separator: string;
  #at = 0;
  #line = 1;
  #lastQuote: number;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
    this.#lastQuote = text.lastIndexOf('"');
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  record(): CsvRecord {
    const line = this.#line;
    const cells: string[] = [];
    let hasStrayQuote = false;
    for (;;) {
      const quoted = this.#text[this.#at] === '"' ? this.#quoted() : undefined;
      hasStrayQuote ||= quoted === undefined && this.#text[this.#at] === '"';
      cells.push(quoted ?? this.#plain());
      if (this.#text[this.#at] !== this.#separator) break;
      this.#at++;
    }
    this.#lineEnd();
    return { line, lines: this.#line - line, cells, hasStrayQuote };
  }

  /** The content of a quoted cell; undefined if it is not one. */
  #quoted(): string | undefined {
    let content = "";
    for (let from = this.#at + 1; from <= this.#lastQuote; ) {
      const end = this.#text.indexOf('"', from);
      if (end - this.#at > MAX_QUOTED) return undefined;
      content += this.#text.slice(from, end);
      const next = this.#text[end + 1];
      if (next === '"') {
        content += '"';
        from = end + 2;
        continue;
      }
      if (next !== undefined && next !== this.#separator && next !== "\n" && next !== "\r") return undefined;
      this.#at = end + 1;
      this.#line += content.match(/\r\n|\n|\r/g)?.length ?? 0;
      return content;
    }
    return undefined;
  }

  #plain(): string {
    const start = this.#at;
    for (; !this.atEnd; this.#at++) {
      const character = this.#text[this.#at];
      if (character === this.#separator || character === "\n" || character === "\r") break;
    }
    return this.#text.slice(start, this.#at);
  }

  #lineEnd(): void {
    if (this.#text.startsWith("\r\n", this.#at)) this.#at += 2;
    else this.#at++; // \n, \r or the end
    this.#line++;
  }
}

const SEPARATORS = [",", "\t", ";", "|"] as const;
const LOOKED_AT = 50; // records

/** The separator with which the first records have the same number of cells, the more the better; a comma for a table of one column. */
export function guessSeparator(text: string): string {
  let best = { separator: ",", score: 0 };
  for (const separator of SEPARATORS) {
    const widths: number[] = [];
    for (const { cells } of csvRecords(text, separator)) {
      if (cells.length > 1 || cells[0] !== "") widths.push(cells.length);
      if (widths.length === LOOKED_AT) break;
    }
    const [width = 1] = widths;
    const fitting = widths.filter((one) => one === width).length / Math.max(widths.length, 1);
    const score = width > 1 ? fitting * fitting * Math.min(width, 10) : 0;
    if (score > best.score) best = { separator, score };
  }
  return best.separator;
}
