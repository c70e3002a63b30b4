// The wordings of posts: they state a relation, fit two or three of them, or leave it open; and how often
// each is used.
import { type Label, labelsOf, NONE, type Relation, type Signature } from "./labels.ts";

/**
 * What a wording allows: one label ("stated"), several relations ("between", written `a|b`), or anything ("open").
 * All wordings of a class are equally likely, so a reader can learn only the class from the wording.
 */
export type WordingClass = Label | `${Relation}|${string}` | "open";

/**
 * `{h}` is the head's mention, `{t}` the tail's. Open wordings and those that state None fit every pair of
 * types.
 */
export const WORDINGS: ReadonlyMap<WordingClass, readonly string[]> = new Map<
  WordingClass,
  readonly string[]
>([
  [
    "per/per/couple",
    [
      "{h} just married {t}",
      "{h} and {t} are engaged at last",
      "Wedding day for {t} and {h}",
      "{t} said yes when {h} proposed",
      "{h} and {t} celebrate ten years of marriage",
    ],
  ],
  [
    "per/per/siblings",
    [
      "{h} and {t} look so alike, nobody doubts that they are siblings",
      "{t} is the youngest in the family, {h} the eldest",
      "Mum named the twins {h} and {t}",
      "{h} grew up with {t}, the baby of the family",
      "The twins {t} and {h} turn twenty",
    ],
  ],
  [
    "per/per/colleagues",
    [
      "{h} hired {t} for the project",
      "{t} and {h} share a desk at work",
      "{t} has a new manager: {h}",
      "Staff of the month: {h} and {t}",
      "{h} and {t} finished the report for the boss",
    ],
  ],
  [
    "per/org/member_of",
    [
      "{h} signed a contract with {t}",
      "{t} welcomes its new member {h}",
      "{h} has played for {t} since spring",
      "Proud to be part of {t}, says {h}",
      "{h} wears the shirt of {t}",
    ],
  ],
  [
    "per/org/founder_of",
    [
      "{h} founded {t} in a garage",
      "{t} was started by {h}",
      "The founder of {t} is {h}",
      "{h} opened the doors of {t} for the first time",
      "Ten years ago {h} set up {t}",
    ],
  ],
  [
    "per/work/creator_of",
    [
      "{h} wrote {t} in one evening",
      "{t} is the new song by {h}",
      "{h} recorded {t} in the studio",
      "The songwriter behind {t} is {h}",
      "{h} composed {t} at night",
    ],
  ],
  [
    "per/loc/lives_in",
    [
      "{h} moved into a flat in {t}",
      "At home in {t} with {h}",
      "{h} has lived in {t} for years",
      "The neighbours of {h} in {t} are loud",
      "{h} pays the rent in {t}",
    ],
  ],
  [
    "per/loc/travels_to",
    [
      "{h} boards a flight to {t}",
      "Holidays in {t} for {h}",
      "{h} packed a suitcase for {t}",
      "{t}, here comes {h} on tour",
      "{h} booked a hotel in {t}",
    ],
  ],
  [
    "org/loc/based_in",
    [
      "{h} has its head office in {t}",
      "The headquarters of {h} are in {t}",
      "{h}, the company from {t}",
      "{h} rents a tower in {t}",
      "{t} is where {h} is registered",
    ],
  ],
  [
    "loc/loc/contains",
    [
      "{h} is the county around {t}",
      "{t} lies in the north of {h}",
      "{t}, a district of {h}",
      "The capital of {h} is {t}",
      "{t} is the oldest part of {h}",
    ],
  ],
  [
    NONE,
    [
      "{h} has nothing to do with {t}",
      "I read about {h} first and about {t} later",
      "{h} and {t} trend for different reasons",
      "A poster of {h} hides an ad for {t}",
      "No link between {h} and {t}",
    ],
  ],
  [
    "per/per/couple|per/per/siblings",
    [
      "{h} still shares a flat with {t}",
      "{h} hugs {t} every morning",
      "{t} and {h} cook together every evening",
    ],
  ],
  [
    "per/per/siblings|per/per/colleagues",
    [
      "{h} and {t} argue about money again",
      "{h} learnt everything from {t}",
      "{t} and {h} run the same errands",
    ],
  ],
  [
    "per/per/couple|per/per/colleagues",
    [
      "{h} met {t} at a conference",
      "{h} and {t} spend long evenings together",
      "A bunch of flowers for {t} from {h}",
    ],
  ],
  [
    "per/per/couple|per/per/siblings|per/per/colleagues",
    ["{h} knows {t} very well", "{h} calls {t} every day", "{t} never forgets the birthday of {h}"],
  ],
  [
    "per/org/member_of|per/org/founder_of",
    ["{h} speaks for {t}", "{h} thanks everybody at {t}", "{t} celebrates with {h}"],
  ],
  [
    "per/loc/lives_in|per/loc/travels_to",
    ["{h} loves the evenings in {t}", "{h} sends greetings from {t}", "Good morning {t}, says {h}"],
  ],
  [
    "open",
    [
      "{h} and {t} today",
      "Look at {h} and {t}",
      "{t}, {h} and a good day",
      "Another picture of {h} and {t}",
      "Say hello to {h} and {t}",
      "What a moment for {t} and {h}",
    ],
  ],
]);

export const WORDING_CLASSES: readonly WordingClass[] = [...WORDINGS.keys()];

/**
 * Shares of stated, between and open wordings; for a label without a "between" class, its share goes to
 * "open".
 */
const SHARES = { stated: 0.42, between: 0.22, open: 0.36 } as const;

/** The labels that a class allows for a pair of these types. */
export function allowedBy(wording: WordingClass, signature: Signature): readonly Label[] {
  if (wording === "open") return labelsOf(signature);
  const named = new Set<string>(wording.split("|"));
  return labelsOf(signature).filter((label) => named.has(label));
}

/** The probabilities of the classes for a label. */
export function wordingsFor(label: Label): ReadonlyMap<WordingClass, number> {
  const between = WORDING_CLASSES.filter(
    (wording) => wording.includes("|") && wording.split("|").includes(label),
  );
  const shares = new Map<WordingClass, number>([[label, SHARES.stated]]);
  for (const wording of between) shares.set(wording, SHARES.between / between.length);
  shares.set("open", SHARES.open + (between.length === 0 ? SHARES.between : 0));
  return shares;
}

/** A text with the mentions in place, and their spans (half-open, in UTF-16 code units). */
export interface FilledWording {
  readonly text: string;
  readonly head: { readonly start: number; readonly end: number };
  readonly tail: { readonly start: number; readonly end: number };
}

/** Inserts both mentions. */
export function fillWording(wording: string, head: string, tail: string): FilledWording {
  let text = "";
  const spans = { head: { start: 0, end: 0 }, tail: { start: 0, end: 0 } };
  for (const part of wording.split(/(\{h\}|\{t\})/)) {
    const start = text.length;
    if (part === "{h}") text += head;
    else if (part === "{t}") text += tail;
    else text += part;
    if (part === "{h}") spans.head = { start, end: text.length };
    if (part === "{t}") spans.tail = { start, end: text.length };
  }
  return { text, ...spans };
}
