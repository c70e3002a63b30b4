// SpERT's JSON: tokens, entities as spans of tokens with exclusive ends, and relations between their positions.
import { z } from "zod";
import { type CorpusKind, otherFields } from "./corpus.ts";
import { documentOfTokens } from "./token-document.ts";

const spertRow = z.looseObject({
  tokens: z.array(z.string()),
  entities: z.array(z.object({ type: z.string(), start: z.int(), end: z.int() })),
  relations: z.array(z.object({ type: z.string(), head: z.int(), tail: z.int() })).nullish(),
});

/** SpERT (CoNLL04, SciERC, ADE). `orig_id` and other fields are kept in `meta`: several rows may have one `orig_id`. */
export const spert: CorpusKind<z.infer<typeof spertRow>> = {
  name: "spert",
  description: "SpERT's JSON: tokens, entities {type, start, end}, relations {type, head, tail}",
  options: ["tokenEnds"],
  recognises: ({ tokens, entities, text }) =>
    Array.isArray(tokens) && Array.isArray(entities) && text === undefined,
  open: (_, { tokenEnds = "exclusive" }) => ({
    schema: spertRow,
    toDocument: (row, id, place) => {
      const entities = row.entities.map(({ type: label, start, end }) => ({ start, end, label }));
      const relations = (row.relations ?? []).map(({ type: label, head, tail }) => ({ head, tail, label }));
      const meta = otherFields(row, spertRow);
      return documentOfTokens({ id, tokens: row.tokens, entities, relations, meta }, tokenEnds, place);
    },
  }),
};
