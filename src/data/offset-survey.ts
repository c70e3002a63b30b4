// Guesses what a file's offsets count, from spans that look wrong: another unit, inclusive ends, positions from one.
import { counted } from "../base/counted.ts";
import { type Defect, defect, isWellFormed, quote } from "./defects.ts";
import type { Span } from "./document.ts";
import { OFFSET_UNITS, type OffsetUnit, offsetConverter, UNIT_NAMES } from "./offset-units.ts";
import { cutsWord } from "./word-edges.ts";

/** A span as in the file, with the words that it should cover if the file states them. */
interface GivenSpan extends Span {
  readonly text?: string | undefined;
}

/** How the offsets may be meant, and what speaks for it. */
interface Hypothesis {
  readonly unit: OffsetUnit;
  readonly move: Move;
  /** Spans that look wrong as read and that it reads otherwise. */
  faulty: number;
  /** Spans that it reads otherwise and that then look wrong. */
  left: number;
  readonly examples: string[];
  firstPlace: string | undefined;
}

interface Move {
  readonly start: number;
  readonly end: number;
  readonly meaning: string;
  /** What to do to each entity, for jq. */
  readonly fix: string;
}

const AS_GIVEN: Move = { start: 0, end: 0, meaning: "", fix: "" };
const MOVES: readonly Move[] = [
  AS_GIVEN,
  { start: 0, end: 1, meaning: "the ends are inclusive", fix: ".end += 1" },
  { start: -1, end: -1, meaning: "the offsets count from 1", fix: ".start -= 1 | .end -= 1" },
  { start: -1, end: 0, meaning: "the offsets count from 1 and the ends are inclusive", fix: ".start -= 1" },
  { start: 1, end: 1, meaning: "every span is shifted left by one", fix: ".start += 1 | .end += 1" },
];

const EXAMPLES_SHOWN = 3;
const MAX_LEFT = 0.1; // annotators err too: one span in ten may stay wrong
const LEAST_MOVED = 2; // a file that counts code points is likelier than one that counts from one

/** Examines the spans of a file, including those of rejected rows, and infers what its offsets count. */
export class OffsetSurvey {
  readonly #unit: OffsetUnit;
  readonly #path: string;
  readonly #hypotheses: readonly Hypothesis[];

  readonly #form: "json" | "other";

  /** @param form whether the file holds relata's documents as JSON, which the commands in the message change */
  constructor(path: string, unit: OffsetUnit, form: "json" | "other" = "json") {
    this.#form = form;
    this.#path = path;
    this.#unit = unit;
    const units = [unit, ...OFFSET_UNITS.filter((other) => other !== unit)]; // the simpler hypothesis first: the first of equals is reported
    this.#hypotheses = MOVES.flatMap((move) =>
      units.map((one) => ({ unit: one, move, faulty: 0, left: 0, examples: [], firstPlace: undefined })),
    );
  }

  observe(text: string, spans: readonly GivenSpan[], place: string): void {
    const converters = OFFSET_UNITS.map((unit) => [unit, offsetConverter(text, unit)] as const);
    const convert = Object.fromEntries(converters) as Record<OffsetUnit, (typeof converters)[0][1]>; // one for each
    for (const given of spans) {
      const checked = new Map<string, boolean>(); // most hypotheses read a span of an ASCII text alike
      const isWrong = (span: Partial<Span>) => {
        const key = `${span.start} ${span.end}`;
        const known = checked.get(key) ?? looksWrong(text, span, given.text);
        checked.set(key, known);
        return known;
      };
      const read = ({ unit, move }: Pick<Hypothesis, "unit" | "move">): Partial<Span> => {
        const [start, end] = [convert[unit](given.start + move.start), convert[unit](given.end + move.end)];
        return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
      };
      const now = read({ unit: this.#unit, move: AS_GIVEN });
      for (const hypothesis of this.#hypotheses) {
        const other = read(hypothesis);
        if (other.start === now.start && other.end === now.end) continue;
        const stays = isWrong(other);
        if (stays) hypothesis.left++;
        if (!isWrong(now)) continue;
        hypothesis.faulty++;
        hypothesis.firstPlace ??= place;
        if (!stays && hypothesis.examples.length < EXAMPLES_SHOWN)
          hypothesis.examples.push(`${shown(text, now)} -> ${shown(text, other)}`);
      }
    }
  }

  /** Reports for the whole file. */
  defects(): readonly Defect[] {
    const likely = this.#hypotheses.filter(
      ({ faulty, left, move }) =>
        faulty >= (move === AS_GIVEN ? 1 : LEAST_MOVED) && left <= faulty * MAX_LEFT,
    );
    likely.sort((a, b) => b.faulty - b.left - (a.faulty - a.left)); // stable: the simplest of equals stays first
    const [best] = likely;
    if (best?.firstPlace === undefined) return [];
    const { faulty, left, examples, firstPlace } = best;
    const message = `${faulty - left} of ${counted(faulty, "span")} that cut words, end in white space or differ from their text would be right if ${this.#meaning(best)} (${examples.join(", ")}); ${this.#remedy(best)}`;
    return [defect("data/offset-units", firstPlace, message, faulty)];
  }

  #meaning({ unit, move }: Hypothesis): string {
    const count = `the offsets count ${UNIT_NAMES[unit]}, not ${UNIT_NAMES[this.#unit]}`;
    if (move === AS_GIVEN) return count;
    return unit === this.#unit ? move.meaning : `${move.meaning}, and ${count}`;
  }

  #remedy({ unit, move }: Hypothesis): string {
    if (this.#form === "other") {
      const words = move.fix.replaceAll(/\.(\w+) ([+-])= 1/g, "$2 1 to every $1").replaceAll(" | ", ", ");
      const first = move === AS_GIVEN ? "" : `shift them (${words})`;
      return [first, unit === this.#unit ? "" : `read them so: --offsets ${unit}`]
        .filter(Boolean)
        .join(", and ");
    }
    const shifted = `jq -c '.entities[] |= (${move.fix})' ${this.#path} > shifted.jsonl`;
    if (unit === this.#unit) return `shift them: ${shifted}`;
    const convert = (path: string) => `relata convert ${path} fixed.jsonl --to relata --offsets ${unit}`;
    return move === AS_GIVEN
      ? `read them so: --offsets ${unit}, or ${convert(this.#path)}`
      : `shift and convert them: ${shifted} && ${convert("shifted.jsonl")}`;
  }
}

/** The words of a span, or what keeps it from having any. */
function shown(text: string, { start, end }: Partial<Span>): string {
  return start === undefined || end === undefined ? "half a character" : quote(text.slice(start, end));
}

/** Whether a span cuts a word, or differs from the words it should cover. */
export function looksWrong(
  text: string,
  { start, end }: { readonly start?: number | undefined; readonly end?: number | undefined },
  name: string | undefined,
): boolean {
  if (start === undefined || end === undefined || start < 0 || end > text.length || start >= end) return true;
  const surface = text.slice(start, end);
  if (name !== undefined) return surface !== name;
  return surface.trim() !== surface || !isWellFormed(surface) || cutsWord(text, start) || cutsWord(text, end);
}
