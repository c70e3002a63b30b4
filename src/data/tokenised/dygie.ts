// DyGIE++'s JSON lines: documents of several sentences, with entities and relations counted in the tokens of the document.
import { z } from "zod";
import { type Defect, defect } from "../defects.ts";
import type { Document } from "../document.ts";
import type { TokenEnds } from "../document-format.ts";
import type { Parsed } from "../rows.ts";
import { type CorpusKind, otherFields, rowId } from "./corpus.ts";
import { documentOfTokens, relationsOfSpans } from "./token-document.ts";

/** Tables have lists of strings in their place, because a list of a table has values of one type. */
const index = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ],
  "expected an index",
);
// Predictions have scores after the label.
const mention = z.tuple([index, index, z.string()]).rest(z.unknown());
const relation = z.tuple([index, index, index, index, z.string()]).rest(z.unknown());

const dygieRow = z.looseObject({
  doc_key: rowId.nullish(),
  sentences: z.array(z.array(z.string())),
  ner: z.array(z.array(mention)).nullish(),
  relations: z.array(z.array(relation)).nullish(),
});
type Row = z.infer<typeof dygieRow>;

/** DyGIE++ (SciERC, ACE 2005, PURE's files). A row is one document; its sentences are joined by a space. */
export const dygie: CorpusKind<Row> = {
  name: "dygie",
  description: "DyGIE++'s JSON lines: sentences, ner and relations counted in the tokens of the document",
  options: ["tokenEnds"],
  recognises: ({ sentences }) => Array.isArray(sentences) && Array.isArray(sentences[0]),
  open: (_, { tokenEnds = "inclusive" }) => ({
    schema: dygieRow,
    toDocument: (row, id, place) => documentOf(row, id, tokenEnds, place),
  }),
};

function documentOf(row: Row, id: string, ends: TokenEnds, place: string): Parsed<Document> {
  const { doc_key, sentences, ner, relations: given } = row;
  const entities = (ner ?? []).flat().map(([start, end, label]) => ({ start, end, label }));
  const pairs = (given ?? []).flat().map(([start, end, otherStart, otherEnd, label]) => ({
    head: { start, end },
    tail: { start: otherStart, end: otherEnd },
    label,
  }));
  const found = { entities: entities.length, relations: pairs.length };
  const faults = [...countDefects(row, "ner", place), ...countDefects(row, "relations", place)];
  if (faults.length > 0) return { defects: faults, found };
  const { relations, defects } = relationsOfSpans(pairs, entities, place);
  const meta = otherFields(row, dygieRow);
  const tokens = sentences.flat();
  const parsed = documentOfTokens({ id: doc_key ?? id, tokens, entities, relations, meta }, ends, place);
  return { ...parsed, defects: [...defects, ...parsed.defects], found };
}

/** A list of annotations has one item for each sentence; otherwise some belong to a text that is not there. */
function countDefects(row: Row, name: "ner" | "relations", place: string): Defect[] {
  const lists = row[name]?.length;
  const sentences = row.sentences.length;
  if (lists === undefined || lists === sentences) return [];
  const message = `${name} has ${lists} lists, but sentences has ${sentences}`;
  return [defect("data/wrong-type", place, message, lists)];
}
