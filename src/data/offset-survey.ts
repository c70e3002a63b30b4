// Guesses what a file's offsets count: another unit, inclusive ends, positions from one.
import { counted } from "../base/counted.ts";
import { type Defect, defect, isWellFormed } from "./defects.ts";
import type { Span } from "./document.ts";
import {
  OFFSET_UNITS,
  type OffsetConverter,
  type OffsetUnit,
  offsetConverter,
  UNIT_NAMES,
} from "./offset-units.ts";
import { cutsWord } from "./word-edges.ts";

/** A span as in the file, with the words that it should cover if the file states them. */
interface GivenSpan extends Span {
  readonly text?: string | undefined;
}

interface Hypothesis {
  readonly meaning: string;
  readonly remedy: (path: string) => string;
  readonly span: (span: Span, converters: Readonly<Record<OffsetUnit, OffsetConverter>>) => Partial<Span>;
  /** Minimum number of faulty spans: a file that counts code points is likelier than one that counts from one. */
  readonly least: number;
  /** Spans that it moves, those of them that are faulty as read, and those that would be faulty. */
  moved: number;
  faulty: number;
  left: number;
  firstPlace: string | undefined;
}

/** Examines the spans of a file, including those of rejected rows, and infers the unit of its offsets. */
export class OffsetSurvey {
  readonly #unit: OffsetUnit;
  readonly #path: string;
  readonly #hypotheses: readonly Hypothesis[];

  constructor(path: string, unit: OffsetUnit) {
    this.#path = path;
    this.#unit = unit;
    this.#hypotheses = hypothesesBeside(unit);
  }

  observe(text: string, spans: readonly GivenSpan[], place: string): void {
    const units = Object.fromEntries(OFFSET_UNITS.map((unit) => [unit, offsetConverter(text, unit)]));
    const converters = units as Record<OffsetUnit, OffsetConverter>; // one for each
    const own = converters[this.#unit];
    for (const given of spans) {
      const now = { start: own(given.start), end: own(given.end) };
      const isFaulty = looksWrong(text, now, given.text);
      for (const hypothesis of this.#hypotheses) {
        const other = hypothesis.span(given, converters);
        if (other.start === now.start && other.end === now.end) continue;
        hypothesis.moved++;
        if (isFaulty) {
          hypothesis.faulty++;
          hypothesis.firstPlace ??= place;
        }
        if (looksWrong(text, other, given.text)) hypothesis.left++;
      }
    }
  }

  /** Reports for the whole file. */
  defects(): readonly Defect[] {
    const likely = this.#hypotheses.filter(
      ({ faulty, left, least }) => faulty >= least && left <= faulty * MAX_LEFT,
    );
    likely.sort((a, b) => b.faulty - b.left - (a.faulty - a.left));
    const [best] = likely;
    if (best?.firstPlace === undefined) return [];
    const { faulty, left, meaning, remedy, firstPlace } = best;
    const message = `${faulty - left} of ${counted(faulty, "span")} that cut words, end in white space or miss their words would be right ${meaning}; ${remedy(this.#path)}`;
    return [defect("data/offset-units", firstPlace, message, faulty)];
  }
}

const MAX_LEFT = 0.1; // annotators err too: one span in ten may stay wrong

function hypothesesBeside(own: OffsetUnit): readonly Hypothesis[] {
  const counts = { moved: 0, faulty: 0, left: 0, firstPlace: undefined };
  const units = OFFSET_UNITS.filter((unit) => unit !== own).map((unit) => ({
    ...counts,
    meaning: `if the offsets count ${UNIT_NAMES[unit]}, not ${UNIT_NAMES[own]}`,
    remedy: (path: string) =>
      `convert the file: relata convert ${path} <new file> --from <its format> --to relata --offsets ${unit}`,
    span: ({ start, end }: Span, converters: Readonly<Record<OffsetUnit, OffsetConverter>>) =>
      spanOf(converters[unit], start, end),
    least: 1,
  }));
  const moves = MOVES.map(({ start: first, end: last, ...words }) => ({
    ...counts,
    ...words,
    span: ({ start, end }: Span, converters: Readonly<Record<OffsetUnit, OffsetConverter>>) =>
      spanOf(converters[own], start + first, end + last),
    least: 2,
  }));
  return [...units, ...moves];
}

const MOVES = [
  {
    start: 0,
    end: 1,
    meaning: "if each ended one later: the ends seem to be inclusive",
    remedy: () => "add 1 to every end",
  },
  {
    start: -1,
    end: -1,
    meaning: "if each were shifted left by one: the offsets seem to count from 1",
    remedy: () => "subtract 1 from every start and end",
  },
  {
    start: -1,
    end: 0,
    meaning: "if each started one earlier: the offsets seem to count from 1, with inclusive ends",
    remedy: () => "subtract 1 from every start",
  },
  {
    start: 1,
    end: 1,
    meaning: "if each were shifted right by one",
    remedy: () => "add 1 to every start and end",
  },
] as const;

function spanOf(convert: OffsetConverter, start: number, end: number): Partial<Span> {
  const [first, last] = [convert(start), convert(end)];
  return { ...(first !== undefined && { start: first }), ...(last !== undefined && { end: last }) };
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
