// Checks a document's spans, labels, relations and token offsets, and returns all defects.
import { counted } from "../base/counted.ts";
import { type Defect, defect, isWellFormed, quote, wellFormed } from "./defects.ts";
import type { Document, Entity, Span, TextOffset } from "./document.ts";
import { tokenOffsetDefects } from "./tokens.ts";
import { cutsWord } from "./word-edges.ts";

/** All defects of a document of the right shape. */
export function documentDefects(document: Document, place: string): readonly Defect[] {
  const { id, text, image, entities, relations, category, meta } = document;
  const defects: Defect[] = [];
  if (id === "") defects.push(defect("data/empty-id", place, "id is empty", id));
  if (text.trim() === "") defects.push(defect("data/empty-text", place, `text is ${quote(text)}`, text));
  if (image === "") defects.push(defect("data/empty-image", place, "image is empty", image));
  for (const [name, string] of [
    ["id", id],
    ["text", text],
    ["image", image ?? ""],
  ] as const) {
    defects.push(...surrogateDefects(string, name, place));
  }

  defects.push(...entityDefects(entities, text, place));
  const seen = new Set<string>();
  for (const [i, relation] of relations.entries()) {
    const { head, tail, label } = relation;
    for (const [role, index] of [
      ["head", head],
      ["tail", tail],
    ] as const) {
      if (index >= 0 && index < entities.length) continue;
      const message = `relations[${i}].${role} is ${index}, but the document has ${counted(entities.length, "entity", "entities")}`;
      defects.push(defect("data/relation-index-out-of-range", place, message, index));
    }
    if (head === tail) {
      const message = `relations[${i}] has entity ${head} as both head and tail`;
      defects.push(defect("data/relation-to-itself", place, message, relation));
    }
    defects.push(...labelDefects(relation, `relations[${i}]`, place));
    const key = `${head} ${tail} ${label}`;
    if (seen.has(key)) {
      defects.push(
        defect("data/duplicate-relation", place, `relations[${i}] repeats ${quote(relation)}`, relation),
      );
    }
    seen.add(key);
  }
  if (category !== undefined) defects.push(...labelDefects(category, "category", place));
  const tokens = meta?.tokens;
  if (tokens !== undefined) defects.push(...tokenOffsetDefects(tokens, text, place));
  return defects;
}

/** All defects of mentions in `text`. */
export function entityDefects(entities: readonly Entity[], text: string, place: string): readonly Defect[] {
  const defects: Defect[] = [];
  const seen = new Set<string>();
  for (const [i, entity] of entities.entries()) {
    defects.push(...spanDefects(entity, text, `entities[${i}]`, place));
    defects.push(...labelDefects(entity, `entities[${i}]`, place));
    const key = `${entity.start} ${entity.end} ${entity.label}`;
    if (seen.has(key)) {
      defects.push(defect("data/duplicate-entity", place, `entities[${i}] repeats ${quote(entity)}`, entity));
    }
    seen.add(key);
  }
  return defects;
}

const AROUND = 8; // characters of context shown on each side of a cut

/** The defects of a span in `text`; `name` identifies the span in messages. */
function spanDefects(span: Span, text: string, name: string, place: string): readonly Defect[] {
  const { start, end } = span;
  const shown = `${name} [${start}, ${end})`;
  const value = { start, end };
  if (start < 0 || end < start || end > text.length) {
    const message =
      end > text.length && start >= 0
        ? `${shown} goes past the end of the text, which has ${counted(text.length, "UTF-16 code unit")}`
        : `${shown} is not a span: its start must be at least 0, and its end not before its start`;
    return [defect("data/span-out-of-range", place, message, value)];
  }
  if (start === end) return [defect("data/empty-span", place, `${shown} is empty`, value)];
  const defects: Defect[] = [];
  for (const offset of [start, end]) {
    if (!splitsSurrogatePair(text, offset)) continue;
    const message = `${shown} cuts the character at ${offset - 1} in half`;
    defects.push(defect("data/span-splits-surrogate-pair", place, message, value));
  }
  const surface = text.slice(start, end);
  if (surface.trim() !== surface) {
    const message = `${shown} is ${quote(surface)}: it starts or ends with white space`;
    defects.push(defect("data/span-edge-space", place, message, value));
  }
  const cut = [...(cutsWord(text, start) ? ["start"] : []), ...(cutsWord(text, end) ? ["end"] : [])];
  if (cut.length > 0) {
    const around = quote(text.slice(Math.max(0, start - AROUND), end + AROUND));
    const message = `${shown} is ${quote(surface)} of ${around}: its ${cut.join(" and ")} ${cut.length === 1 ? "cuts" : "cut"} a word in two`;
    defects.push(defect("data/span-cuts-word", place, message, value));
  }
  return defects;
}

/** Whether `offset` is inside a surrogate pair. */
function splitsSurrogatePair(text: string, offset: TextOffset): boolean {
  const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
  const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;
  // Beyond either end charCodeAt returns NaN, which is neither.
  return isHigh(text.charCodeAt(offset - 1)) && isLow(text.charCodeAt(offset));
}

/** Reports a string with a lone surrogate. */
export function surrogateDefects(string: string, name: string, place: string): readonly Defect[] {
  if (isWellFormed(string)) return [];
  const at = [...string].findIndex((character) => !isWellFormed(character));
  const message = `${name} contains a lone surrogate (character ${at + 1})`;
  return [defect("data/lone-surrogate", place, message, wellFormed(string))];
}

function labelDefects(
  { label, probability }: Pick<Entity, "label" | "probability">,
  name: string,
  place: string,
): readonly Defect[] {
  const defects =
    label === ""
      ? [defect("data/empty-label", place, `${name}.label is empty`, label)]
      : [...surrogateDefects(label, `${name}.label`, place)];
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    const message = `${name}.probability is ${probability}, not a number from 0 to 1`;
    defects.push(defect("data/bad-probability", place, message, probability));
  }
  return defects;
}
