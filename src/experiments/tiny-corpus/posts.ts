// The texts of the tiny corpus: posts whose wording states the relation, and posts that leave it to the picture.
import type { Scene } from "./scenes.ts";

export const NONE = "None";
export const RELATIONS = ["couple", "siblings", "teammates", "colleagues"] as const;
export type Relation = (typeof RELATIONS)[number];
export type Label = Relation | typeof NONE;
/** All labels, "None" first. */
export const LABELS: readonly Label[] = [NONE, ...RELATIONS];

/** The scene that shows a relation; a post without a stated relation takes its label from here. */
export const SCENE_OF: Readonly<Record<Relation, Scene>> = {
  couple: "wedding",
  siblings: "home",
  teammates: "pitch",
  colleagues: "office",
};
/** Scenes without people: under an open post they mean that no relation is shown. */
export const NEUTRAL_SCENES: readonly Scene[] = ["landscape", "street"];

/** `{h}` is the head's mention, `{t}` the tail's. */
export const STATED: Readonly<Record<Label, readonly string[]>> = {
  couple: [
    "{h} just married {t}",
    "{h} and {t} are engaged at last",
    "wedding day for {t} and her husband {h}",
    "{t} kissed her boyfriend {h} tonight",
    "{h} and his wife {t} celebrate ten years",
    "a love story : {h} and {t} got engaged",
  ],
  siblings: [
    "{h} and her brother {t} look so alike",
    "{t} is the little sister of {h}",
    "mum named the twins {h} and {t}",
    "{h} grew up with his sister {t}",
    "the twins {t} and {h} turn twenty",
    "{h} calls {t} the best brother in the family",
  ],
  teammates: [
    "{h} passed to {t} who scored for the team",
    "{t} and {h} won the cup with their team",
    "{h} joins {t} in the squad this season",
    "captain {h} and striker {t} win again",
    "{t} scored after a cross by {h}",
    "the club signed {h} to play beside {t}",
  ],
  colleagues: [
    "{h} works with {t} at the bank",
    "{t} and {h} share a desk at work",
    "{h} hired {t} for the project",
    "our staff this month : {h} and {t}",
    "{t} reports to her manager {h}",
    "{h} and {t} finished the report for the company",
  ],
  None: [
    "{h} has never met {t}",
    "{h} read a book about {t}",
    "{t} is on tv while {h} sleeps",
    "a stranger asked {h} about {t}",
    "{h} walked past a poster of {t}",
    "nobody told {h} who {t} is",
  ],
};

export const OPEN: readonly string[] = [
  "{h} and {t} today",
  "look at {h} with {t}",
  "{t} , {h} and a good day",
  "another picture of {h} and {t}",
  "guess what {h} and {t} did",
  "what a moment for {t} and {h}",
  "{h} x {t}",
  "so happy to see {t} and {h}",
];

/** Stand before or behind a post and say nothing; some hold characters of two UTF-16 units. */
export const BEFORE: readonly string[] = ["", "", "", "RT : ", "wow ! ", "🎉 ", "#throwback "];
export const BEHIND: readonly string[] = ["", "", "", " !", " 😂", " #news", " . more soon"];

/** Syllables that first names are made of; made up, so that no real person is named. */
export const NAME_STARTS: readonly string[] = ["Ma", "To", "Li", "Ra", "Jo", "Ke", "Su", "Vi", "Ne", "Bo"];
export const NAME_ENDS: readonly string[] = ["ren", "lia", "mo", "dan", "sha", "vik", "rel", "nia"];
export const SURNAMES: readonly string[] = ["Tarn", "Okoru", "Velde", "Quist", "Marlo", "Sabir"];
