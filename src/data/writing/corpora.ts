// Writes the corpora of tokenised texts: SpERT, DyGIE++, and tokens with tags.
import type { Document } from "../document.ts";
import { rowFields } from "../own-fields.ts";
import { tokensWithin } from "../tokens.ts";
import { firstOfSpan, readsAsNone, withoutProbabilities, withoutRelations } from "./fit.ts";
import { loseSpacing, tagged, tokenised } from "./fit-tokens.ts";
import { type RowsOf, writeJsonRows } from "./json-rows.ts";
import type { Lose } from "./losses.ts";
import type { DocumentTarget } from "./target.ts";

/** Readers of corpora refuse a token of white space. */
const isToken = (word: string) => word.trim() !== "";
const NOT_IN_TOKENS = {
  probabilities: "probabilities",
  boundaries: "entities that begin or end inside a token",
  words: "tokens of white space",
} as const;
const JOINED = { spacing: "a text that is not its tokens joined by one space" } as const;
const NONE_NAMES = {
  relationLabels: "relations with a label such as `no_relation` or `NA`, which readers take for None",
} as const;

/** A document whose relations keep their labels when a corpus is read. */
function withoutNoneNames(document: Document, lose: Lose): Document {
  return withoutRelations(document, ({ label }) => (readsAsNone(label) ? "relationLabels" : undefined), lose);
}

const SPERT_FIELDS = new Set(["tokens", "entities", "relations", "text", "offsets"]);

const spertRows: RowsOf = (given, lose) => {
  const bare = withoutNoneNames(withoutProbabilities(given, lose), lose);
  const { document, tokens, spans } = tokenised(bare, { holds: isToken }, lose);
  loseSpacing(document, tokens, lose);
  const { id, image, entities, relations, category, meta } = document;
  if (tokens.length === 0) return [];
  const row = {
    tokens: tokens.map(({ text }) => text),
    entities: entities.map(({ label: type }, i) => ({ type, ...spans[i] })),
    relations: relations.map(({ label: type, head, tail }) => ({ type, head, tail })),
    ...rowFields(
      meta,
      { id, image, category },
      { taken: (name) => SPERT_FIELDS.has(name), readAgain: ["tokens"] },
    ),
  };
  return [{ row, id }];
};

/** SpERT's JSON. */
export const spertTarget: DocumentTarget = {
  name: "spert",
  description: "SpERT's JSON lines: tokens, entities and relations between them",
  cannotHold: { ...NOT_IN_TOKENS, ...JOINED, ...NONE_NAMES },
  holdsPosts: true,
  write: (path, documents, context) => writeJsonRows(path, documents, spertRows, context),
};

const DYGIE_FIELDS = new Set(["doc_key", "sentences", "ner", "relations", "tokens", "offsets"]);

const dygieRows: RowsOf = (given, lose) => {
  const bare = withoutNoneNames(withoutProbabilities(given, lose), lose);
  const isFirst = firstOfSpan(bare);
  const told = withoutRelations(
    bare,
    ({ head, tail }) => (isFirst(head) && isFirst(tail) ? undefined : "ends"),
    lose,
  );
  const { document, tokens, spans } = tokenised(told, { holds: isToken }, lose);
  loseSpacing(document, tokens, lose);
  const { id, image, entities, relations, category, meta } = document;
  if (tokens.length === 0) return [];
  const ends = spans.map(({ start, end }) => [start, end - 1]);
  const row = {
    doc_key: id,
    sentences: [tokens.map(({ text }) => text)],
    ner: [entities.map(({ label }, i) => [...(ends[i] ?? []), label])],
    relations: [
      relations.map(({ head, tail, label }) => [...(ends[head] ?? []), ...(ends[tail] ?? []), label]),
    ],
    ...rowFields(
      meta,
      { image, category },
      { taken: (name) => DYGIE_FIELDS.has(name), readAgain: ["tokens"] },
    ),
  };
  return [{ row, id }];
};

/** DyGIE++'s JSON lines. */
export const dygieTarget: DocumentTarget = {
  name: "dygie",
  description: "DyGIE++'s JSON lines: one sentence for each document, with spans of its tokens",
  cannotHold: {
    ...NOT_IN_TOKENS,
    ...JOINED,
    ...NONE_NAMES,
    ends: "relations of an entity that has the span of an earlier one: relations name spans",
  },
  holdsPosts: true,
  write: (path, documents, context) => writeJsonRows(path, documents, dygieRows, context),
};

const TAGGED_FIELDS = new Set([
  ...["id", "tokens", "words", "token", "text", "sentence", "image", "picture", "img", "offsets"],
  ...["ner_tags", "ner", "ner_tag", "ner_labels", "bio_tags", "entity_tags", "tags", "labels"],
]);

const taggedRows: RowsOf = (given, lose) => {
  const bare = withoutRelations(withoutProbabilities(given, lose), () => "relations", lose);
  const inTokens = tokenised(bare, { holds: isToken, keepsText: true }, lose);
  const { document, tags } = tagged(inTokens, () => true, lose);
  const { id, text, image, category, meta } = document;
  const tokens = inTokens.tokens.map((token) => token.text);
  if (tokens.length === 0) return [];
  if (!isSpelled(text, inTokens.tokens)) lose("spacing");
  const row = {
    id,
    tokens,
    ner_tags: tags,
    text,
    image: image ?? null, // readers find the fields in the first row
    ...rowFields(meta, { category }, { taken: (name) => TAGGED_FIELDS.has(name), readAgain: ["tokens"] }),
  };
  return [{ row, id }];
};

/** Whether a reader finds the tokens of a text where they are. */
export function isSpelled(
  text: string,
  tokens: readonly { readonly text: string; readonly start: number }[],
): boolean {
  const found = tokensWithin(
    text,
    tokens.map((token) => token.text),
  );
  return found?.every(({ start }, i) => start === tokens[i]?.start) ?? false;
}

/** Tokens with tags. */
export const taggedTarget: DocumentTarget = {
  name: "tagged",
  description: "JSON lines of tokens with BIO tags (ner_tags), with the text beside them",
  cannotHold: {
    ...NOT_IN_TOKENS,
    spacing: "a text with characters outside of the document's own tokens",
    relations: "relations",
    overlapping: "entities that overlap an earlier or longer one",
  },
  holdsPosts: true,
  write: (path, documents, context) => writeJsonRows(path, documents, taggedRows, context),
};
