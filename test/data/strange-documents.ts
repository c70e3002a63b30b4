// Arbitrary valid documents that formats have trouble with: emoji, marks, control characters, every white space, mentions anywhere.
import fc from "fast-check";
import type { Document } from "../../src/data/document.ts";
import { parseDocument } from "../../src/data/parse-document.ts";

const PIECES = [
  ..."abXY19_'\"\\|,;:#=<>&{}[]()/-",
  ..." \t\n\r\0",
  "  ",
  "\r\n",
  "\u00a0",
  "\u0085",
  "\u2028",
  "\ufeff",
  "\u001c",
  "\u200b",
  "😀",
  "👩‍👩‍👧",
  "e\u0301",
  "\u0301",
  "שלום",
  "\u202eabc",
  "東京",
  "Ann",
  "Ann met Bo",
  "IMGID:7",
  "-DOCSTART-",
  "# text = x",
  "B-PER",
  "O",
  "cat.png",
  "None",
  "__proto__",
  "constructor",
];
const piece = fc.constantFrom(...PIECES);
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom("Ann", " ", "Bo", " met ") }, piece), {
    minLength: 1,
    maxLength: 14,
  })
  .map((parts) => parts.join(""));
const label = fc.oneof(
  fc.constantFrom("PER", "LOC", "entity"),
  fc.constantFrom(
    "a b",
    "O",
    "B-X",
    "x|y",
    "a\tb",
    " x",
    "x ",
    "NA",
    "no_relation",
    "None",
    "é",
    "\u0001",
    "__proto__",
  ),
);
const relationLabel = fc.oneof(fc.constantFrom("met", "/per/per/peer", "None"), label);
const probability = fc.option(fc.constantFrom(0, 0.25, 1), { nil: undefined, freq: 2 });
const meta = fc.option(
  fc.dictionary(
    fc.constantFrom(
      "likes",
      "tokens_",
      "id",
      "text",
      "image",
      "relata",
      "label",
      "note",
      "tags",
      "null",
      "__proto__",
      "constructor",
      "doc_key",
      "sentence",
      "category",
    ),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("a.png", "b c", null)),
    { maxKeys: 3 },
  ),
  { nil: undefined },
);
const image = fc.option(
  fc.oneof(
    fc.constantFrom("7.jpg", "a/b c.png", "https://x.y/z.jpg?a=1", "noext", "p%20.jpg"),
    fc.string({ minLength: 1, maxLength: 5 }),
  ),
  { nil: undefined },
);
const id = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/), fc.string({ minLength: 1, maxLength: 6 }));

const withProbability = (value: number | undefined) => (value === undefined ? {} : { probability: value });

const document: fc.Arbitrary<Document | undefined> = fc
  .record({
    id,
    text,
    image,
    meta,
    spans: fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 8 }), label, probability), {
      maxLength: 4,
    }),
    ownTokens: fc.boolean(),
    links: fc.array(fc.tuple(fc.nat(9), fc.nat(9), relationLabel, probability), { maxLength: 3 }),
    category: fc.option(fc.tuple(label, probability), { nil: undefined, freq: 2 }),
  })
  .map(({ id: own, text: words, image: picture, meta: more, spans, links, category, ownTokens }) => {
    // Mentions begin and end between characters; most of them at words.
    const borders = [...words.matchAll(/\S+/gu)].flatMap((word) => [word.index, word.index + word[0].length]);
    const entities = spans.flatMap(([at, length, name, sure], i) => {
      const chosen =
        i < 2 && borders.length > 1
          ? [borders[(at * 2) % borders.length]!, borders[(at * 2 + 1) % borders.length]!]
          : [at % words.length, (at % words.length) + length];
      const [start = 0, end = 0] = chosen.sort((a, b) => a - b);
      return end > start && end <= words.length
        ? [{ start, end, label: name, ...withProbability(sure) }]
        : [];
    });
    const tokens = [...words.matchAll(/[^\s]+/gu)].map((word) => [word.index, word.index + word[0].length]);
    const all = { ...more, ...(ownTokens && tokens.length > 0 && { tokens }) };
    return {
      id: own,
      text: words,
      ...(picture !== undefined && { image: picture }),
      entities,
      relations:
        entities.length === 0
          ? []
          : links.map(([head, tail, name, sure]) => ({
              head: head % entities.length,
              tail: tail % entities.length,
              label: name,
              ...withProbability(sure),
            })),
      ...(category !== undefined && { category: { label: category[0], ...withProbability(category[1]) } }),
      ...((more !== undefined || ownTokens) && { meta: all }),
    };
  })
  .map((value) => {
    const { value: valid } = parseDocument(JSON.parse(JSON.stringify(value)), "strange");
    return valid;
  });

/** Up to four valid documents with ids of their own. */
export const strangeDocuments: fc.Arbitrary<readonly Document[]> = fc
  .uniqueArray(document, { selector: (one) => one?.id, minLength: 1, maxLength: 4 })
  .map((all) => all.flatMap((one) => one ?? []))
  .filter((all) => all.length > 0);
