// Queries for a text-prompted detector: phrases of the text, found only by spelling. Uses no tagger,
// annotation or label.
import { splitWords, type Word } from "../tokenizing/words.ts";
import { FUNCTION_WORDS } from "./function-words.ts";

/** Longer runs of capitalised words are headlines; they are split. */
const MAX_NAME_WORDS = 5;
const MAX_CONTENT_WORDS = 3;
/** Shorter words without a capital seldom name a thing. */
const MIN_CONTENT_LETTERS = 3;

/** Words without a capital that join two parts of a name ("Statue of Liberty"). */
const NAME_CONNECTORS: ReadonlySet<string> = new Set([
  "of",
  "de",
  "del",
  "la",
  "van",
  "von",
  "der",
  "du",
  "di",
  "al",
]);

type Kind = "name" | "content";

/**
 * The queries of a text: names before other things, each group in text order, without duplicates, `limit`
 * at most. A name is a run of words
 * that begin with a capital; a thing is a run of other words between function words, punctuation, numbers,
 * links and mentions (as in RAKE's keyword extraction). A text without letters has none.
 *
 * @example
 * textQueries("RT @fan: LeBron James holds the gold trophy!", 8); // ["LeBron James", "holds", "gold trophy"]
 */
export function textQueries(text: string, limit: number): string[] {
  const runs = runsOf(text);
  const ordered = [
    ...runs.filter(({ kind }) => kind === "name"),
    ...runs.filter(({ kind }) => kind === "content"),
  ];
  const queries = new Map<string, string>();
  for (const { kind, words } of ordered) {
    const most = kind === "name" ? MAX_NAME_WORDS : MAX_CONTENT_WORDS;
    for (let start = 0; start < words.length; start += most) {
      const query = words
        .slice(start, start + most)
        .map((word) => word.text)
        .join(" ");
      if (!queries.has(query.toLowerCase())) queries.set(query.toLowerCase(), query);
    }
  }
  return [...queries.values()].slice(0, limit);
}

interface Run {
  readonly kind: Kind;
  readonly words: Word[];
}

/** Maximal runs of words of one kind with nothing but white space between them. */
function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  let connector: Word | undefined;
  let end = 0;
  for (const word of splitWords(text)) {
    const isNext = text.slice(end, word.start).trim() === "";
    const kind = kindOf(word.text);
    end = word.end;
    if (isNext && last?.kind === "name" && connector === undefined && NAME_CONNECTORS.has(word.text)) {
      connector = word; // belongs to the name if the name continues
      continue;
    }
    if (kind !== undefined && isNext && last?.kind === kind) {
      if (connector) last.words.push(connector);
      last.words.push(word);
    } else {
      last = kind === undefined ? undefined : { kind, words: [word] };
      if (last) runs.push(last);
    }
    connector = undefined;
  }
  return runs;
}

/** Undefined for a word that ends a run. */
function kindOf(word: string): Kind | undefined {
  if (!/^(?!www\.)\p{L}[\p{L}\p{M}\p{N}'\u2019.-]*$/iu.test(word) || FUNCTION_WORDS.has(word.toLowerCase()))
    return undefined;
  if (/^\p{Lu}/u.test(word)) return "name";
  return (word.match(/\p{L}/gu) ?? []).length >= MIN_CONTENT_LETTERS ? "content" : undefined;
}
