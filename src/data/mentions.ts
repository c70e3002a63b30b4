// Finds the words of a mention in a text.
import type { Span } from "./document.ts";
import { cutsWord } from "./word-edges.ts";

/** The places of a mention, and whether they differ from its words in case or white space. */
export interface FoundMention {
  readonly spans: readonly Span[];
  readonly isExact: boolean;
}

/**
 * Where a mention occurs as whole words. If its exact words do not, places that differ from it in case or in the kind and number of white
 * space characters count.
 */
export function findMention(text: string, mention: string): FoundMention {
  const words = mention.trim();
  if (words === "") return { spans: [], isExact: true };
  const exact = placesOf(text, words);
  if (exact.length > 0) return { spans: exact, isExact: true };
  const pattern = words.split(/\s+/u).map(escaped).join("\\s+");
  const loose = Array.from(text.matchAll(new RegExp(pattern, "giu")), ({ index, 0: found }) => ({
    start: index,
    end: index + found.length,
  }));
  return { spans: loose.filter((span) => isWhole(text, span)), isExact: false };
}

function placesOf(text: string, words: string): readonly Span[] {
  const spans: Span[] = [];
  for (let start = text.indexOf(words); start !== -1; start = text.indexOf(words, start + 1)) {
    spans.push({ start, end: start + words.length });
  }
  return spans.filter((span) => isWhole(text, span));
}

function isWhole(text: string, { start, end }: Span): boolean {
  return !cutsWord(text, start) && !cutsWord(text, end);
}

function escaped(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
