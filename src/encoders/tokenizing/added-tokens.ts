// Finds a tokenizer's added tokens (`[MASK]`, `</s>`) that a text spells out, like the published tokenizers.
import { type AlignedText, sliceText } from "./aligned-text.ts";
import { WHITE_SPACE } from "./unicode-tables.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Matched only if no word character is adjacent. */
  readonly singleWord: boolean;
  /** Swallows the white space before it. */
  readonly stripLeft: boolean;
  readonly stripRight: boolean;
  /** Matched in the normalised text instead of the original. */
  readonly normalized: boolean;
}

/** A section of text, or an added token with its range. */
export type Section =
  | { readonly kind: "text"; readonly text: AlignedText }
  | { readonly kind: "token"; readonly id: number; readonly start: number; readonly end: number };

const WORD_CHARACTER = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;

/**
 * Returns a function that splits a text at the given tokens, longest match first; `patterns[i]` is the
 * spelling of `tokens[i]`.
 */
export function createTokenFinder(
  tokens: readonly AddedToken[],
  patterns: readonly string[],
): (text: AlignedText) => readonly Section[] {
  const byPattern = new Map(tokens.map((token, i) => [patterns[i] ?? token.content, token]));
  byPattern.delete("");
  if (byPattern.size === 0) return (text) => (text.text.length === 0 ? [] : [{ kind: "text", text }]);
  const longestFirst = [...byPattern.keys()].sort((a, b) => b.length - a.length);
  const anyToken = new RegExp(
    longestFirst.map((p) => p.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("|"),
    "gu",
  );

  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    const addText = (to: number): void => {
      if (to > done) sections.push({ kind: "text", text: sliceText(text, done, to) });
    };
    for (const match of text.text.matchAll(anyToken)) {
      const token = byPattern.get(match[0]);
      let from = match.index;
      let to = from + match[0].length;
      if (token === undefined || (token.singleWord && touchesWord(text.text, from, to))) continue;
      while (token.stripLeft && from > done && WHITE_SPACE.test(text.text[from - 1] ?? "")) from--;
      while (token.stripRight && to < text.text.length && WHITE_SPACE.test(text.text[to] ?? "")) to++;
      addText(from);
      sections.push({
        kind: "token",
        id: token.id,
        start: text.starts[from] ?? 0,
        end: text.ends[to - 1] ?? 0,
      });
      done = to;
    }
    addText(text.text.length);
    return sections;
  };
}

function touchesWord(text: string, from: number, to: number): boolean {
  const before = Array.from(text.slice(Math.max(0, from - 2), from)).at(-1) ?? "";
  const after = Array.from(text.slice(to, to + 2))[0] ?? "";
  return WORD_CHARACTER.test(before) || WORD_CHARACTER.test(after);
}
