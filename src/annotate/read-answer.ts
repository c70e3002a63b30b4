// Reads what a model answered: finds the JSON in it, whatever is around, and takes every item that has the right shape.
// Nothing here knows the text of the post: the strings are found in it later.

import { SynthesisError } from "../base/errors.ts";
import { isFields } from "../base/fields.ts";
import { jsonOfText } from "../synthesis/generators/answer-json.ts";
import { saidText } from "../synthesis/generators/thoughts.ts";

/** A mention as the model wrote it. Offsets, if it gave any, are not read. */
export interface SaidMention {
  /** What its relations call it; undefined if it gave none. */
  readonly id: string | undefined;
  readonly text: string;
  readonly label: string;
  /** From 1; undefined if the model did not say which occurrence it means. */
  readonly occurrence: number | undefined;
  /** Words around it; undefined if there are none. */
  readonly context: string | undefined;
}

/** A relation as the model wrote it: ids, or the mentions' texts. */
export interface SaidRelation {
  readonly head: string;
  readonly tail: string;
  readonly label: string;
}

/** What an answer says, or why it cannot be read. */
export type SaidAnswer =
  | {
      readonly state: "read";
      readonly mentions: readonly SaidMention[];
      readonly relations: readonly SaidRelation[];
      /** Items of another shape, left out. */
      readonly malformed: number;
    }
  | { readonly state: "unreadable"; readonly why: UnreadableReason };

/** "thoughts": it ends before the answer. "no-json", "cut-off": no JSON, or only its beginning. "other-shape": JSON of something else. "too-long": more than any answer needs. */
export type UnreadableReason = "thoughts" | "no-json" | "cut-off" | "other-shape" | "too-long";

/** Reads an answer. A truncated one is not read at all: what it lacks would count as "not found". */
export function readAnswer(said: string): SaidAnswer {
  if (said.length > MAX_ANSWER_CHARACTERS) return { state: "unreadable", why: "too-long" };
  let text: string;
  try {
    text = saidText(said, "the answer").text;
  } catch (error) {
    if (error instanceof SynthesisError) return { state: "unreadable", why: "thoughts" };
    throw error;
  }
  const candidates = [text, ...objectsIn(text)];
  let sawJson = false;
  for (const candidate of candidates) {
    const json = jsonOfText(candidate);
    if (json.state !== "json") continue;
    const inner = unwrapped(json.value);
    if (inner !== undefined) return itemsOf(inner);
    sawJson ||= isFields(json.value) || Array.isArray(json.value);
  }
  if (sawJson) return { state: "unreadable", why: "other-shape" };
  return { state: "unreadable", why: /[{[]/.test(text) ? "cut-off" : "no-json" };
}

// An answer has one object; a text of brackets must not take forever.
const MAX_OPENINGS = 200;
const MAX_ANSWER_CHARACTERS = 500_000;
/** The beginning of JSON, as opposed to a bracket in prose. */
const JSON_BEGINS = /^(?:\{\s*["}]|\[\s*[[{"\]])/;

/** The balanced objects and lists in a text with other words around them, the longest first; nothing of one that is cut off. */
function objectsIn(text: string): string[] {
  const found: string[] = [];
  const opening = /[{[]/g;
  for (let tried = 0; tried < MAX_OPENINGS; tried++) {
    const match = opening.exec(text);
    if (match === null) break;
    const end = balancedEnd(text, match.index);
    if (end !== undefined) {
      found.push(text.slice(match.index, end));
      opening.lastIndex = end;
    } else if (JSON_BEGINS.test(text.slice(match.index, match.index + 100))) break;
  }
  return found.sort((a, b) => b.length - a.length);
}

function balancedEnd(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

const WRAPPERS = ["answer", "result", "output", "response", "data", "annotation", "annotations"] as const;
const ENTITY_LISTS = ["entities", "mentions"] as const;

/** The object with the list of entities: the value itself, one inside it, or a bare list of mentions. */
function unwrapped(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((item) => isFields(item) && textIn(item) !== undefined))
      return { entities: value };
    return value.length === 1 ? unwrapped(value[0]) : undefined;
  }
  if (!isFields(value)) return undefined;
  if (ENTITY_LISTS.some((name) => Array.isArray(value[name]))) return value;
  const inner = WRAPPERS.map((name) => value[name]).find((one) => isFields(one) || Array.isArray(one));
  return inner === undefined ? undefined : unwrapped(inner);
}

function itemsOf(value: Readonly<Record<string, unknown>>): SaidAnswer {
  let malformed = 0;
  const read = <Item>(
    list: unknown,
    item: (fields: Readonly<Record<string, unknown>>) => Item | undefined,
  ) => {
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      malformed++;
      return [];
    }
    return list.flatMap((one: unknown) => {
      const found = isFields(one) ? item(one) : undefined;
      if (found === undefined) malformed++;
      return found === undefined ? [] : [found];
    });
  };
  const list = ENTITY_LISTS.map((name) => value[name]).find((one) => Array.isArray(one));
  const mentions = read(list, mentionOf);
  const relations = read(value.relations, relationOf);
  return { state: "read", mentions, relations, malformed };
}

function mentionOf(fields: Readonly<Record<string, unknown>>): SaidMention | undefined {
  const text = textIn(fields);
  const label = firstText(fields, ["label", "type"]);
  if (text === undefined || label === undefined) return undefined;
  const occurrence = Number(fields.occurrence ?? Number.NaN);
  const context = firstText(fields, ["context"]);
  return {
    id: nameIn(fields.id),
    text,
    label,
    occurrence: Number.isSafeInteger(occurrence) && occurrence >= 1 ? occurrence : undefined,
    context: context?.trim() === "" ? undefined : context,
  };
}

function relationOf(fields: Readonly<Record<string, unknown>>): SaidRelation | undefined {
  const head = nameIn(fields.head) ?? inner(fields.head);
  const tail = nameIn(fields.tail) ?? inner(fields.tail);
  const label = firstText(fields, ["label", "type", "relation"]);
  return head === undefined || tail === undefined || label === undefined ? undefined : { head, tail, label };
}

/** A reference may be an object: its id or its text. */
function inner(value: unknown): string | undefined {
  return isFields(value) ? (nameIn(value.id) ?? textIn(value)) : undefined;
}

function nameIn(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function textIn(fields: Readonly<Record<string, unknown>>): string | undefined {
  return firstText(fields, ["text", "mention", "name", "span"]);
}

function firstText(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  return names.map((name) => fields[name]).find((value): value is string => typeof value === "string");
}
