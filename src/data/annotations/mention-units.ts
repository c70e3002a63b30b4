// Converts the offsets of an annotation tool to UTF-16. Where the file states the text of a mention, the unit that fits it is used: tools
// have changed their unit between versions, and one project can hold annotations of both.
import { counted } from "../../base/counted.ts";
import { type Defect, defect } from "../defects.ts";
import type { Span } from "../document.ts";
import { type OffsetConverter, type OffsetUnit, offsetConverter } from "../offset-units.ts";

/** A mention as in the file, in the file's unit. */
export interface GivenMention extends Span {
  readonly label: string;
  /** How sure a model was. */
  readonly probability?: number | undefined;
  /** The mention's text, if the file states it. */
  readonly text?: string | undefined;
}

/** The units of annotation tools. */
const UNITS: readonly OffsetUnit[] = ["code-point", "utf-16"];

const NAMES: Readonly<Record<OffsetUnit, string>> = {
  "utf-16": "UTF-16 code units",
  "code-point": "code points",
  "utf-8": "bytes of UTF-8",
};

/** Places the mentions of one file. */
export class MentionUnits {
  readonly #path: string;
  readonly #unit: OffsetUnit;
  readonly #isNamed: boolean;
  #moved = 0;
  #other = 0;

  /** @param named the unit that the user named, which is then the only one */
  constructor(path: string, unit: OffsetUnit, named: OffsetUnit | undefined) {
    this.#path = path;
    this.#unit = named ?? unit;
    this.#isNamed = named !== undefined;
  }

  /** Places the mentions of a text, and counts them. Offsets that are nowhere in it stay as they are, for the checks of documents. */
  in(text: string): (mention: GivenMention) => GivenMention {
    const place = this.#place(text);
    return (mention) => {
      const { placed, isMoved, isOther } = place(mention);
      if (isMoved) this.#moved++;
      if (isOther) this.#other++;
      return agreed(text, placed);
    };
  }

  /** Whether mentions may be of a text: they are inside it, and have the texts that the file states. */
  fit(text: string, mentions: readonly GivenMention[]): boolean {
    const place = this.#place(text);
    return mentions.every((mention) => {
      const { placed } = place(mention);
      return placed.end <= text.length && fits(text, placed);
    });
  }

  #place(text: string) {
    const own = offsetConverter(text, this.#unit);
    const others = this.#isNamed ? [] : UNITS.filter((unit) => unit !== this.#unit);
    const converters = others.map((unit) => offsetConverter(text, unit));
    return (mention: GivenMention) => {
      const usual = at(mention, own);
      const alternatives = converters.map((convert) => at(mention, convert));
      const isMoved = alternatives.some(({ start, end }) => start !== usual.start || end !== usual.end);
      const other = fits(text, usual) ? undefined : alternatives.find((one) => fits(text, one));
      return { placed: other ?? usual, isMoved, isOther: other !== undefined };
    };
  }

  /** Says, for the whole file, how many mentions another unit fits. */
  defects(): readonly Defect[] {
    if (this.#other === 0) return [];
    const [other] = UNITS.filter((unit) => unit !== this.#unit);
    const message = `${this.#other} of ${counted(this.#moved, "mention")} behind an emoji ${this.#other === 1 ? "is" : "are"} read as ${NAMES[other ?? this.#unit]}, not ${NAMES[this.#unit]}: only so does the span have the text that the file states`;
    return [defect("data/offsets-from-content", this.#path, message, this.#other)];
  }
}

function at(mention: GivenMention, convert: OffsetConverter): GivenMention {
  const { start, end } = mention;
  return { ...mention, start: convert(start) ?? start, end: convert(end) ?? end };
}

function fits(text: string, { start, end, text: stated }: GivenMention): boolean {
  return stated === undefined || sameWords(text.slice(start, end), stated);
}

/** Tools print line ends and runs of spaces in other ways than the text has them; such a text is not compared again. */
function agreed(text: string, mention: GivenMention): GivenMention {
  const { text: stated, ...rest } = mention;
  if (stated === undefined || stated === text.slice(mention.start, mention.end)) return mention;
  return sameWords(text.slice(mention.start, mention.end), stated) ? rest : mention;
}

/** Whether two texts are equal up to white space and the two-character form of a line end ("\\n"). */
export function sameWords(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

function bare(text: string): string {
  return text.replace(/\\[nrt]|\s+/g, "");
}
