// Writes spaCy's JSON: one document per line, as `Doc.to_json` writes it and `Doc(vocab).from_json` reads it.
import type { Document, Span } from "../document.ts";
import { offsetWriter } from "../offset-units.ts";
import { OWN_FIELD } from "../own-fields.ts";
import { tokensOf } from "../tokens.ts";
import { withoutEntities, withoutProbabilities } from "./fit.ts";
import { type RowsOf, writeRows } from "./json-rows.ts";
import type { DocumentTarget } from "./target.ts";

/** White space as Python has it: spaCy counts a byte order mark as a word, and the separators of ASCII as white space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are white space in Python
const WORDS = /(?:[^\s\x1c-\x1f\x85]|\ufeff)+/gu;

const rowsOf: RowsOf = (given, lose) => {
  const bare = withoutProbabilities(given, lose);
  const words = wordsOf(bare);
  const starts = new Set(words.map(({ start }) => start));
  const ends = new Set(words.map(({ end }) => end));
  const document = withoutEntities(
    bare,
    ({ start, end }) => (starts.has(start) && ends.has(end) ? undefined : "boundaries"),
    lose,
  );
  const { id, text, image, entities, relations, category, meta } = document;
  const points = offsetWriter(text, "code-point");
  const place = ({ start, end }: Span) => ({ start: points(start), end: points(end) });
  const labelled = entities.map((entity) => ({ ...place(entity), label: entity.label }));
  const single = withoutOverlaps(entities);
  const row = {
    text,
    ents: labelled.filter((_, at) => single.has(at)),
    ...(single.size < entities.length && { spans: { sc: labelled.map((one) => ({ ...one, kb_id: "" })) } }),
    // A category's number must be a float, which JSON.stringify would not write for 1.
    ...(category !== undefined && { cats: { [category.label]: FLOAT_ONE } }),
    tokens: withWhiteSpace(text, words).map((token, at) => ({ id: at, ...place(token) })),
    // Not in _: spaCy reads from there only what the program has registered before.
    [OWN_FIELD]: {
      id,
      ...(image !== undefined && { image }),
      relations: relations.map(({ head, tail, label }) => ({
        head: labelled[head],
        tail: labelled[tail],
        label,
      })),
      ...(meta !== undefined && { meta }),
    },
  };
  return [{ row, id }];
};

const FLOAT_ONE = "\u0000float 1\u0000"; // no label or text of a row is written like this: NUL is escaped in both

/** The document's words, divided where an entity begins or ends. */
function wordsOf(document: Document): readonly Span[] {
  const { text, entities, meta } = document;
  const given = meta?.tokens === undefined ? [] : tokensOf(document);
  const cuts = [...new Set([...given, ...entities].flatMap(({ start, end }) => [start, end]))].sort(
    (a, b) => a - b,
  );
  const words: Span[] = [];
  let next = 0; // the first cut that may be inside a word
  for (const match of text.matchAll(WORDS)) {
    const end = match.index + match[0].length;
    let start = match.index;
    while ((cuts[next] ?? end) <= start) next++;
    for (; (cuts[next] ?? end) < end; next++) {
      words.push({ start, end: cuts[next]! }); // compared above
      start = cuts[next]!;
    }
    words.push({ start, end });
  }
  return words;
}

/** The words and the white space between them, as spaCy has it: one space after a word is part of it, and all else is a token. */
function withWhiteSpace(text: string, words: readonly Span[]): readonly Span[] {
  const tokens: Span[] = [];
  let at = 0;
  const gap = (end: number) => {
    const start = tokens.length > 0 && text[at] === " " && at < end ? at + 1 : at;
    if (start < end) tokens.push({ start, end });
  };
  for (const word of words) {
    gap(word.start);
    tokens.push(word);
    at = word.end;
  }
  gap(text.length);
  return tokens;
}

/** The positions of entities that do not overlap an earlier or longer one. */
function withoutOverlaps(entities: readonly Span[]): ReadonlySet<number> {
  const order = entities
    .map((span, at) => ({ ...span, at }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const kept = new Set<number>();
  let end = 0;
  for (const span of order) {
    if (span.start < end) continue;
    kept.add(span.at);
    end = span.end;
  }
  return kept;
}

/** spaCy's JSON. */
export const spacyTarget: DocumentTarget = {
  name: "spacy",
  description:
    "spaCy's JSON of Doc.to_json, one per line: ents, spans.sc where entities overlap, cats, and the rest in relata",
  cannotHold: {
    probabilities: "probabilities",
    boundaries: "entities that begin or end with white space",
  },
  holdsPosts: true,
  offsets: "code-point",
  write: (path, documents, context) =>
    writeRows(path, documents, rowsOf, context, {
      lineOf: ({ row }) => JSON.stringify(row).replace(JSON.stringify(FLOAT_ONE), "1.0"),
    }),
};
