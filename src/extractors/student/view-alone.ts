// Reduces examples to one side: to a view, without the real picture or with no more of a real text than its two mentions; or to
// a real picture and the two mentions.
import type { EntityMarkers } from "../../encoders/tokenizing/markers.ts";
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { StudentSet } from "./prepare-students.ts";
import type { StudentExample } from "./student-example.ts";

/** How texts were encoded. */
export interface TextCoding {
  readonly tokenizer: TextTokenizer;
  readonly markers: EntityMarkers;
}

/** Returns the same examples and views without the real parts; a real text keeps its mentions, since the label is about them. */
export function withoutRealView(set: StudentSet, real: "text" | "picture", coding: TextCoding): StudentSet {
  const blind = (example: StudentExample): StudentExample =>
    real === "picture"
      ? { ...example, visual: undefined }
      : { ...example, input: mentionsAlone(example.input, coding) };
  return { ...set, examples: set.examples.map(blind) };
}

/**
 * Returns the same examples with only the two mentions of their texts: what a student of real pictures without
 * generated texts reads, because the question is about them.
 */
export function withMentionsAlone(set: StudentSet, coding: TextCoding): StudentSet {
  const examples = set.examples.map((example) => ({
    ...example,
    input: mentionsAlone(example.input, coding),
    hidesOwn: false, // nothing else is left of the text
  }));
  return { ...set, examples };
}

/**
 * Returns a text with the mentions of another in place of its own, in their places; undefined for a text whose mentions are nested, which
 * has no two places.
 */
export function withMentionsOf(
  text: RelationInput,
  other: RelationInput,
  coding: TextCoding,
): RelationInput | undefined {
  const { headSpan, tailSpan } = text;
  const [first, second] = headSpan[0] < tailSpan[0] ? [headSpan, tailSpan] : [tailSpan, headSpan];
  if (first[1] > second[0]) return undefined;
  const alone = mentionsAlone(other, coding);
  const [head, tail] = [range(...alone.headSpan), range(...alone.tailSpan)];
  const [early, late] = first === headSpan ? [head, tail] : [tail, head];
  const joined = <T>(own: readonly T[], given: readonly T[]): T[] => [
    ...own.slice(0, first[0]),
    ...early.map((token) => given[token] as T),
    ...own.slice(first[1], second[0]),
    ...late.map((token) => given[token] as T),
    ...own.slice(second[1]),
  ];
  const ids = joined(text.ids, alone.ids);
  const earlySpan = [first[0], first[0] + early.length] as const;
  const lateFrom = second[0] + early.length - (first[1] - first[0]);
  const lateSpan = [lateFrom, lateFrom + late.length] as const;
  return {
    ...text,
    ids,
    wordIndex: joined(text.wordIndex, alone.wordIndex),
    offsets: joined(text.offsets, alone.offsets),
    unknown: ids.filter((id) => id === coding.tokenizer.unknownId).length,
    headSpan: first === headSpan ? earlySpan : lateSpan,
    tailSpan: first === headSpan ? lateSpan : earlySpan,
    length: ids.length,
  };
}

/** Returns both mentions with their own markers, the head first wherever it was, and the tokenizer's special tokens around them. */
export function mentionsAlone(input: RelationInput, { tokenizer, markers }: TextCoding): RelationInput {
  const { headStart, headEnd, tailStart, tailEnd } = markers;
  const isMarker = new Set([headStart, headEnd, tailStart, tailEnd]);
  const { ids, headSpan, tailSpan } = input;
  // If mentions are nested, the outer one's tokens include the inner one's markers.
  const tokensOf = ([start, end]: readonly [number, number]) =>
    range(start, end).filter((token) => !isMarker.has(ids[token] as number));
  const [head, tail] = [tokensOf(headSpan), tokensOf(tailSpan)];
  const before = tokenizer.prefixIds.length;
  const after = ids.length - tokenizer.suffixIds.length;
  const tokens = [
    ...range(0, before),
    ...[headSpan[0] - 1, ...head, headSpan[1]], // with the markers directly before and after
    ...[tailSpan[0] - 1, ...tail, tailSpan[1]],
    ...range(after, ids.length),
  ];
  const headFrom = before + 1;
  const tailFrom = headFrom + head.length + 2;
  const chosen = <T>(all: readonly T[]): T[] => tokens.map((token) => all[token] as T);
  const left = chosen(ids);
  return {
    ids: left,
    wordIndex: chosen(input.wordIndex),
    offsets: chosen(input.offsets),
    unknown: left.filter((id) => id === tokenizer.unknownId).length,
    emptyWords: [],
    headSpan: [headFrom, headFrom + head.length],
    tailSpan: [tailFrom, tailFrom + tail.length],
    length: left.length,
    truncated: undefined,
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
