// Writes WebNLG: a JSON list of texts with triples of words, which readers look for in the text.
import type { Document } from "../document.ts";
import { occurrences } from "../webnlg.ts";
import { withoutCategory, withoutEntities, withoutImage, withoutMeta, withoutProbabilities } from "./fit.ts";
import { type RowsOf, writeRows } from "./json-rows.ts";
import { ENTITY_LABEL } from "./pairs.ts";
import type { DocumentTarget } from "./target.ts";

const rowsOf: RowsOf = (given, lose, { nextId }) => {
  const plain = withoutImage(
    withoutCategory(withoutProbabilities(withoutMeta(given, lose), lose), lose),
    lose,
  );
  lose("types", plain.entities.filter(({ label }) => label !== ENTITY_LABEL).length);
  const seen = new Set<string>();
  const placed = withoutEntities(
    plain,
    ({ start, end }) => {
      const words = plain.text.slice(start, end);
      const isFirst = occurrences(plain.text, words)[0]?.start === start && !seen.has(words);
      seen.add(words);
      return isFirst ? undefined : "places";
    },
    lose,
  );
  const joined = new Set(placed.relations.flatMap(({ head, tail }) => [head, tail]));
  const { text, entities, relations } = withoutEntities(
    placed,
    (_, at) => (joined.has(at) ? undefined : "entities"),
    lose,
  );
  const words = (at: number) => text.slice(entities[at]?.start, entities[at]?.end);
  const row = {
    text,
    triple_list: relations.map(({ head, label, tail }) => [words(head), label, words(tail)]),
  };
  return [{ row, id: nextId }];
};

/** WebNLG's list. */
export const webnlgTarget: DocumentTarget = {
  name: "webnlg",
  description: "WebNLG's JSON list of texts with subject, relation and object",
  cannotHold: {
    entities: "entities that are in no relation",
    types: "types of entities: all are `entity`",
    places: "entities that are not at the first place of their words, or cut a word",
    images: "names of pictures",
    categories: "categories",
    probabilities: "probabilities",
    meta: "metadata other than index and line",
    tokens: "tokens",
  },
  holdsPosts: true,
  write: (path, documents, context) =>
    writeRows(path, documents as AsyncIterable<Document>, rowsOf, context, {
      lineOf: ({ row }) => JSON.stringify(row),
      around: ["[\n", ",\n", "\n]\n"],
    }),
};
