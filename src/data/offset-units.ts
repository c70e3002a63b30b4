// Units of offsets: what they count, and conversion to and from UTF-16. Nothing else in relata counts code points or bytes.
import { type Defect, defect, defectError } from "./defects.ts";
import type { Document, Span } from "./document.ts";

/** Units: UTF-16 code units in JavaScript and Java, code points in Python and most annotation tools, bytes in Go and Rust. */
export type OffsetUnit = (typeof OFFSET_UNITS)[number];
/** Unit of the offsets of a data file: UTF-16 code units (JavaScript, Java), code points (Python), UTF-8 bytes (Go, Rust). */
export const OFFSET_UNITS = ["utf-16", "code-point", "utf-8"] as const;

/** What each unit counts, for messages. */
export const UNIT_NAMES: Readonly<Record<OffsetUnit, string>> = {
  "utf-16": "UTF-16 code units",
  "code-point": "code points (as Python counts)",
  "utf-8": "bytes of UTF-8",
};

/** Whether a value names a unit of offsets. */
export function isOffsetUnit(value: unknown): value is OffsetUnit {
  return (OFFSET_UNITS as readonly unknown[]).includes(value);
}

/** Converts an offset to UTF-16; undefined for one inside a character. Offsets outside the text stay outside. */
export type OffsetConverter = (offset: number) => number | undefined;

/** Whether a unit counts a text as UTF-16 code units do. */
export function countsAlike(text: string, unit: OffsetUnit): boolean {
  if (unit === "utf-16") return true;
  return unit === "code-point" ? !/[\ud800-\udbff]/.test(text) : !/\P{ASCII}/u.test(text);
}

/** Converts the offsets of one text to UTF-16 code units. */
export function offsetConverter(text: string, unit: OffsetUnit): OffsetConverter {
  if (countsAlike(text, unit)) return (offset) => offset;
  const positions: (number | undefined)[] = [];
  let at = 0;
  for (const character of text) {
    positions.push(at);
    if (unit === "utf-8") {
      for (let bytes = utf8Length(character); bytes > 1; bytes--) positions.push(undefined);
    }
    at += character.length;
  }
  return (offset) => {
    if (offset < 0) return offset;
    return offset < positions.length ? positions[offset] : text.length + offset - positions.length;
  };
}

/**
 * Converts offsets of one text from UTF-16 code units. An offset between the halves of a surrogate pair, which no valid span has,
 * counts as the end of the character.
 */
export function offsetWriter(text: string, unit: OffsetUnit): (offset: number) => number {
  if (countsAlike(text, unit)) return (offset) => offset;
  const counts: number[] = []; // by UTF-16 offset
  let count = 0;
  for (const character of text) {
    counts.push(count);
    count += unit === "utf-8" ? utf8Length(character) : 1;
    if (character.length === 2) counts.push(count);
  }
  return (offset) => {
    if (offset < 0) return offset;
    return offset < counts.length ? counts[offset]! : count + offset - counts.length; // within the list
  };
}

/** Bytes of a character in UTF-8; half a surrogate pair is written as U+FFFD. */
function utf8Length(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/**
 * Spans of a text, given in the unit, in UTF-16 code units.
 *
 * @param name of the list, for the message
 * @throws DataError `data/span-splits-surrogate-pair` for an offset inside a character
 */
export function spansFrom<S extends Span>(
  text: string,
  spans: readonly S[],
  unit: OffsetUnit,
  name: string,
): readonly S[] {
  if (countsAlike(text, unit)) return spans;
  const convert = offsetConverter(text, unit);
  const converted = (offset: number, place: string) => {
    const found = convert(offset);
    if (found === undefined) throw defectError(insideCharacter(offset, unit, place, "post"));
    return found;
  };
  return spans.map((span, i) => ({
    ...span,
    start: converted(span.start, `${name}[${i}].start`),
    end: converted(span.end, `${name}[${i}].end`),
  }));
}

/** The defect of an offset inside a character; `name` is its field. */
export function insideCharacter(offset: number, unit: OffsetUnit, name: string, place: string): Defect {
  const message = `${name} is ${offset}, which is inside a character if it counts ${UNIT_NAMES[unit]}`;
  return defect("data/span-splits-surrogate-pair", place, message, offset);
}

/** The spans of a text with their offsets in another unit than UTF-16. */
export function spansIn<S extends Span>(text: string, spans: readonly S[], unit: OffsetUnit): readonly S[] {
  if (countsAlike(text, unit)) return spans;
  const written = offsetWriter(text, unit);
  return spans.map((span) => ({ ...span, start: written(span.start), end: written(span.end) }));
}

/**
 * A valid document with its offsets, those of `meta.tokens` included, in the unit. `meta.offsets` says which unit it is, so that every reader
 * of documents reads it right; UTF-16 is said only if the document already states a unit.
 */
export function documentIn(document: Document, unit: OffsetUnit): Document {
  const { text, entities, meta } = document;
  if (unit === "utf-16" && meta?.offsets === undefined) return document;
  const written = offsetWriter(text, unit);
  const tokens = meta?.tokens as readonly (readonly number[])[] | undefined; // of a valid document
  return {
    ...document,
    entities: spansIn(text, entities, unit),
    meta: {
      ...meta,
      ...(tokens !== undefined && { tokens: tokens.map((pair) => pair.map(written)) }),
      offsets: unit,
    },
  };
}
