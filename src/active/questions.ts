// What a document of the pool asks, and which documents ask the same: near duplicates are asked about once.
import type { Document } from "../data/document.ts";

/** What is learnt: relations between given mentions, entities, or both from texts alone. */
export type ActiveTask = "mre" | "mner" | "both";

const LINK = /\b(?:https?:\/\/|www\.)\S+/gu;
const ADDRESS = /@\s?\w+/gu;
const REPOST = /^\s*rt\b/iu;
const NO_LETTER_OR_DIGIT = /[^\p{L}\p{N}#]+/gu;

/**
 * A text without what reposts and edits change: case, links, addressed users, "RT" at its beginning, marks and spacing. Two texts with the same key
 * are near duplicates. A text of nothing else is its own key.
 */
export function textKey(text: string): string {
  const key = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(LINK, " ")
    .replace(REPOST, " ")
    .replace(ADDRESS, " ")
    .replace(NO_LETTER_OR_DIGIT, " ")
    .trim();
  return key === "" ? text : key;
}

/** The key of what is asked about a document: its text and, where relations of given mentions are learnt, the pairs of mentions. */
export function questionKey(document: Document, task: ActiveTask): string {
  const key = textKey(document.text);
  if (task !== "mre") return key;
  const mention = (i: number) => {
    const { start = 0, end = 0 } = document.entities[i] ?? {};
    return document.text.slice(start, end).toLowerCase();
  };
  const pairs =
    document.relations.length > 0
      ? document.relations.map(({ head, tail }) => `${mention(head)} > ${mention(tail)}`)
      : document.entities.map((_, i) => mention(i));
  return [key, ...pairs.sort()].join("\n");
}

/** A document as it is asked about: without what is to be learnt. Pairs of mentions stay, as questions without an answer. */
export function withoutAnswers(document: Document, task: ActiveTask): Document {
  const { category: _, ...rest } = document;
  return task === "mre" ? { ...rest, relations: [] } : { ...rest, entities: [], relations: [] };
}
