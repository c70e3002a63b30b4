// Estimates the cost of a regular expression from its source, so that untrusted patterns run with precautions.

/**
 * A bound on the search in a text of n letters: at most `choices` times (n + 1) to the power of `loops` + 1
 * steps.
 */
export interface PatternCost {
  /** Unbounded repetitions on one path; Infinity if a repeated part can itself match in several ways. */
  readonly loops: number;
  readonly choices: number;
}

/** A part of an expression. */
interface Part extends PatternCost {
  /** Matches texts of only one length, in one way: repeating it adds no alternatives. */
  readonly isFixed: boolean;
}

const ATOM: Part = { loops: 0, choices: 1, isFixed: true };
const UNKNOWN: Part = { loops: Number.POSITIVE_INFINITY, choices: 1, isFixed: false };
/** Above this, a counted repetition counts as unbounded. */
const LARGEST_COUNT = 16;
const MAX_DEPTH = 50;

/** The cost of a JavaScript expression with the flag u; unknown (`loops` Infinity) for unsupported syntax. */
export function patternCost(source: string): PatternCost {
  const parser = new Parser(source);
  const { loops, choices } = parser.alternatives(0);
  return parser.isAtEnd ? { loops, choices } : UNKNOWN;
}

class Parser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  alternatives(depth: number): Part {
    if (depth > MAX_DEPTH) {
      this.#at = this.#source.length;
      return UNKNOWN;
    }
    const ways = [this.#sequence(depth)];
    while (this.#take("|")) ways.push(this.#sequence(depth));
    const [only] = ways;
    if (only !== undefined && ways.length === 1) return only;
    return {
      loops: Math.max(...ways.map(({ loops }) => loops)),
      choices: ways.reduce((sum, { choices }) => sum + choices, 0),
      isFixed: false,
    };
  }

  #sequence(depth: number): Part {
    let whole = ATOM;
    while (!this.isAtEnd && !this.#isNext("|") && !this.#isNext(")")) {
      const part = this.#repeated(this.#atom(depth));
      whole = {
        loops: whole.loops + part.loops,
        choices: whole.choices * part.choices,
        isFixed: whole.isFixed && part.isFixed,
      };
    }
    return whole;
  }

  #atom(depth: number): Part {
    if (this.#take("(")) {
      this.#match(/\?(?:<?[=!]|[a-z]*(?:-[a-z]+)?:|<[\p{ID_Start}$_][\p{ID_Continue}$]*>)/uy);
      const inside = this.alternatives(depth + 1);
      return this.#take(")") ? inside : UNKNOWN;
    }
    if (this.#take("[")) return this.#match(/(?:[^\]\\]|\\.)*\]/suy) ? ATOM : UNKNOWN;
    if (this.#match(/\\(?:[1-9]|k<)/uy)) return UNKNOWN; // a backreference may have any length
    if (this.#match(/\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c.|.)/suy)) return ATOM;
    return this.#match(/[^*+?{\\]/suy) ? ATOM : this.#fail();
  }

  #repeated(part: Part): Part {
    const found = this.#match(/(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/uy);
    if (found === undefined) return part;
    const [, sign, from, comma, to] = found;
    const least = sign === "+" ? 1 : Number(from ?? 0);
    const most = this.#most(sign, from, comma, to);
    if (most <= 1)
      return {
        ...part,
        choices: most === least ? part.choices : part.choices + 1,
        isFixed: most === least && part.isFixed,
      };
    if (!part.isFixed) return UNKNOWN;
    if (most > LARGEST_COUNT) return { loops: 1, choices: 1, isFixed: false };
    return { loops: 0, choices: most - least + 1, isFixed: most === least };
  }

  #most(
    sign: string | undefined,
    from: string | undefined,
    comma: string | undefined,
    to: string | undefined,
  ): number {
    if (sign === "?") return 1;
    if (sign !== undefined || (comma !== undefined && to === "")) return Number.POSITIVE_INFINITY;
    return Number(comma === undefined ? from : to);
  }

  #fail(): Part {
    this.#at = this.#source.length;
    return UNKNOWN;
  }

  #isNext(character: string): boolean {
    return this.#source[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#isNext(character)) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }
}
