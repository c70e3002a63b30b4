// TACRED's JSON and its relatives: one pair of mentions for each row, with their types and their relation.
import { z } from "zod";
import { counted } from "../../base/counted.ts";
import { defect, quote } from "../defects.ts";
import type { TokenEnds } from "../document-format.ts";
import { ownFieldsOf } from "../own-fields.ts";
import { type CorpusKind, otherFields, rowId } from "./corpus.ts";
import { documentOfTokens } from "./token-document.ts";

/** The label of a mention without a type, as in MNRE and WebNLG. */
const ENTITY_LABEL = "entity";

const tacredRow = z.looseObject({
  id: rowId.nullish(),
  token: z.array(z.string()),
  relation: z.string(),
  subj_start: z.int(),
  subj_end: z.int(),
  obj_start: z.int(),
  obj_end: z.int(),
  subj_type: z.string().nullish(),
  obj_type: z.string().nullish(),
});
type Row = z.infer<typeof tacredRow>;

/**
 * TACRED, Re-TACRED and files in their form. A row becomes a document with two entities, subject and object, and the relation between
 * them. Ends are inclusive in the published files and exclusive in those of Hugging Face: the rows show which.
 */
export const tacred: CorpusKind<Row> = {
  name: "tacred",
  description: "TACRED's JSON: token, subj_start, subj_end, obj_start, obj_end, relation",
  options: ["tokenEnds"],
  recognises: (row) => "subj_start" in row && "obj_start" in row,
  open: (path, { tokenEnds }) => {
    const survey = new EndsSurvey();
    return {
      schema: tacredRow,
      ...(tokenEnds === undefined && {
        observe: (row: Row) => {
          if (ownFieldsOf(row)?.tokenEnds === undefined) survey.observe(row);
        },
        notes: () => {
          const { ends, because } = survey.verdict();
          if (because === undefined) return [];
          return [defect("data/token-ends", path, `ends of mentions are read as ${ends}: ${because}`, ends)];
        },
      }),
      toDocument: (row, id, place) => {
        const { token: tokens, subj_start, subj_end, obj_start, obj_end } = row;
        const entities = [
          { start: subj_start, end: subj_end, label: row.subj_type ?? ENTITY_LABEL },
          { start: obj_start, end: obj_end, label: row.obj_type ?? ENTITY_LABEL },
        ];
        const relations = [{ head: 0, tail: 1, label: row.relation }];
        const meta = otherFields(row, tacredRow);
        const ends = tokenEnds ?? ownFieldsOf(row)?.tokenEnds ?? survey.verdict().ends;
        return documentOfTokens({ id: row.id ?? id, tokens, entities, relations, meta }, ends, place);
      },
    };
  },
};

/** What the spans of a file show about their ends. Mentions of one token decide: they are common in every corpus. */
class EndsSurvey {
  #mentions = 0;
  #equal = 0;
  #afterLast: string | undefined;

  observe({ id, token, ...row }: Row): void {
    for (const [start, end] of [
      [row.subj_start, row.subj_end],
      [row.obj_start, row.obj_end],
    ] as const) {
      this.#mentions++;
      if (start === end) this.#equal++;
      if (end === token.length) this.#afterLast ??= id ?? "one";
    }
  }

  /** The published form needs no reason. */
  verdict(): { readonly ends: TokenEnds; readonly because?: string } {
    if (this.#mentions === 0 || this.#equal > this.#mentions * MAX_BROKEN) return { ends: "inclusive" };
    if (this.#afterLast !== undefined)
      return {
        ends: "exclusive",
        because: `a mention of row ${quote(this.#afterLast)} ends after the last token`,
      };
    if (this.#mentions >= ENOUGH_MENTIONS)
      return {
        ends: "exclusive",
        because: `none of ${counted(this.#mentions, "mention")} ends where it starts`,
      };
    return { ends: "inclusive", because: "the few rows do not show it, and TACRED's are (--token-ends)" };
  }
}

const MAX_BROKEN = 0.02; // a few broken spans may be empty; a third or more of real mentions have one token
const ENOUGH_MENTIONS = 10;
