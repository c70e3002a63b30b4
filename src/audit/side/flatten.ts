// Turns one JSON value into features: presence, counts, lengths, numbers, values and words, at every depth.
import type { JsonValue } from "../../data/document.ts";

/** Where features of one document go. A name given several times for a document is combined by the receiver. */
export interface FeatureSink {
  /** A quantity. */
  number(name: string, value: number): void;
  /** One of a set of values. */
  value(name: string, value: string): void;
  /** Words in their order. */
  words(name: string, words: readonly string[]): void;
}

/** Nesting below which a value counts as one text. */
const MAX_DEPTH = 8;

/** Elements of a list that are looked into. All are counted. */
const MAX_ELEMENTS = 64;

/** Keys of an object that are looked into. All are counted. */
const MAX_KEYS = 64;

/** Longest text whose characters are looked at. */
const MAX_TEXT = 2000;

/** Longest text that can be a value of a set. */
const MAX_VALUE = 64;

/** Gives the features of a value to a sink. `path` begins every name: `crops`, `meta.source`, `boxes[].label`. */
export function flatten(path: string, value: JsonValue | undefined, sink: FeatureSink): void {
  sink.value(`${path}: present`, presence(value));
  inside(path, value, sink, 0);
}

function inside(path: string, value: JsonValue | undefined, sink: FeatureSink, depth: number): void {
  if (value === undefined || value === null) return;
  if (typeof value === "number") sink.number(`${path}: value`, value);
  else if (typeof value === "boolean") sink.value(`${path}: value`, String(value));
  else if (typeof value === "string") textFeatures(path, value, sink);
  else if (depth >= MAX_DEPTH) textFeatures(path, JSON.stringify(value), sink);
  else if (Array.isArray(value)) {
    sink.number(`${path}: count`, value.length);
    for (const element of value.slice(0, MAX_ELEMENTS)) inside(`${path}[]`, element, sink, depth + 1);
  } else {
    const entries = Object.entries(value);
    sink.number(`${path}: keys`, entries.length);
    if (entries.length > 0)
      sink.words(
        `${path}: key words`,
        entries.slice(0, MAX_KEYS).map(([key]) => key.toLowerCase()),
      );
    for (const [key, inner] of entries.slice(0, MAX_KEYS)) {
      sink.value(`${path}.${key}: present`, presence(inner));
      inside(`${path}.${key}`, inner, sink, depth + 1);
    }
  }
}

/** The features of a text, of a file name or of an id. */
export function textFeatures(path: string, whole: string, sink: FeatureSink): void {
  const text = whole.slice(0, MAX_TEXT);
  const words = wordsOf(text);
  sink.number(`${path}: length`, whole.length);
  sink.number(`${path}: words`, words.length);
  sink.words(`${path}: which words`, words);
  if (text.length <= MAX_VALUE) sink.value(`${path}: value`, text);
  numberFeatures(path, text, sink);
}

/** The numbers in a text: how many, the last one, its last digit, and the form of the text around them. */
function numberFeatures(path: string, text: string, sink: FeatureSink): void {
  const numbers = text.match(/\d+/g);
  if (numbers === null) return;
  sink.number(`${path}: numbers in it`, numbers.length);
  const last = numbers.at(-1) ?? "";
  sink.number(`${path}: last number`, Number(last.slice(-15)));
  sink.value(`${path}: last digit`, last.slice(-1));
  if (numbers.length > 1) sink.number(`${path}: first number`, Number((numbers[0] ?? "").slice(-15)));
  if (text.length <= MAX_VALUE) sink.value(`${path}: form`, formOf(text));
}

/** The form of a name: letters as `a`, digits as `0`, runs shortened; `IMG_0042.jpg` is `a_0.a`. */
export function formOf(text: string): string {
  return text.replace(/\p{L}+/gu, "a").replace(/\d+/g, "0");
}

/** Words of a text in lower case; numbers are left out, because they have features of their own. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
}

function presence(value: JsonValue | undefined): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (value === "" || (Array.isArray(value) && value.length === 0)) return "empty";
  return Array.isArray(value) ? "list" : typeof value;
}
