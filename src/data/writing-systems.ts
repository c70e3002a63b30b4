// Counts in which scripts texts are written: what a model has read, where nobody has said which languages it was.

import type { Document } from "./document.ts";

/** Scripts by their Unicode names; letters of any other are counted as "other". */
const SCRIPTS = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Arabic",
  "Hebrew",
  "Devanagari",
  "Bengali",
  "Tamil",
  "Thai",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Georgian",
  "Armenian",
  "Ethiopic",
] as const;
const PATTERNS = SCRIPTS.map((name) => [name, new RegExp(`\\p{Script=${name}}`, "gu")] as const);
const LETTERS = /\p{L}/gu;

/** Shares of all letters by script, largest first; empty for texts without letters. */
export function scriptShares(documents: Iterable<Pick<Document, "text">>): Record<string, number> {
  const counts = new Map<string, number>();
  let letters = 0;
  for (const { text } of documents) {
    const only = (text.match(LETTERS) ?? []).join("");
    let left = [...only].length;
    letters += left;
    for (const [name, pattern] of PATTERNS) {
      if (left === 0) break;
      const found = only.match(pattern)?.length ?? 0;
      if (found === 0) continue;
      counts.set(name, (counts.get(name) ?? 0) + found);
      left -= found;
    }
    if (left > 0) counts.set("other", (counts.get("other") ?? 0) + left);
  }
  const bySize = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return Object.fromEntries(bySize.map(([name, count]) => [name, count / letters]));
}
