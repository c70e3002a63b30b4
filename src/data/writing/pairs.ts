// Writes the formats with one relation for each row: TACRED and MNRE.
import type { Document, JsonObject, Span } from "../document.ts";
import { rowFields } from "../own-fields.ts";
import type { Token } from "../tokens.ts";
import {
  readsAsNone,
  withoutCategory,
  withoutEntities,
  withoutMeta,
  withoutProbabilities,
  withoutRelations,
} from "./fit.ts";
import { loseSpacing, tokenised } from "./fit-tokens.ts";
import { type Row, type RowsOf, writeJsonRows, writeRows } from "./json-rows.ts";
import type { Lose } from "./losses.ts";
import { pythonString } from "./python-text.ts";
import type { DocumentTarget } from "./target.ts";

/** A relation with the tokens of its mentions. */
interface Pair {
  readonly id: string;
  readonly label: string;
  readonly tokens: readonly Token[];
  readonly head: Span & { readonly label: string };
  readonly tail: Span & { readonly label: string };
}

/** The label that readers give a mention without a type. */
export const ENTITY_LABEL = "entity";

/** The pairs of a document; notes the entities in none, and the document if there are several pairs, or none. */
function pairsOf(
  given: Document,
  { holds, renamesNone }: { readonly holds: (word: string) => boolean; readonly renamesNone: boolean },
  lose: Lose,
): { readonly document: Document; readonly pairs: readonly Pair[] } {
  const named = withoutRelations(
    withoutProbabilities(given, lose),
    ({ label, head, tail }) =>
      head === tail ? "ends" : renamesNone && readsAsNone(label) ? "relationLabels" : undefined,
    lose,
  );
  const { document, tokens, spans } = tokenised(named, { holds }, lose);
  loseSpacing(document, tokens, lose);
  const { entities, relations } = document;
  const joined = new Set(relations.flatMap(({ head, tail }) => [head, tail]));
  if (relations.length === 0 || tokens.length === 0) lose("documents");
  else withoutEntities(document, (_, at) => (joined.has(at) ? undefined : "entities"), lose);
  if (relations.length > 1) lose("divided");
  const mention = (at: number) => ({ ...spans[at]!, label: entities[at]!.label }); // positions in a valid document
  return {
    document,
    pairs: relations.map(({ head, tail, label }, i) => ({
      id: i === 0 ? document.id : `${document.id}#${i + 1}`,
      label,
      tokens,
      head: mention(head),
      tail: mention(tail),
    })),
  };
}

const PAIR_LOSSES = {
  documents: "a document without a relation",
  divided: "a document with several relations: it becomes one for each",
  entities: "entities that are in no relation",
  ends: "relations of an entity to itself",
  probabilities: "probabilities",
  boundaries: "entities that begin or end inside a token",
  spacing: "a text that is not its tokens joined by one space",
} as const;

const TACRED_FIELDS = new Set(
  "id token relation subj_start subj_end obj_start obj_end subj_type obj_type tokens offsets".split(" "),
);

const tacredRows: RowsOf = (given, lose) => {
  const { document, pairs } = pairsOf(
    given,
    { holds: (word) => word.trim() !== "", renamesNone: true },
    lose,
  );
  const { image, category, meta } = document;
  return pairs.map(({ id, label, tokens, head, tail }): Row => {
    const own = { image, category, tokenEnds: "inclusive" } as const;
    const row = {
      id,
      token: tokens.map(({ text }) => text),
      ...{ subj_start: head.start, subj_end: head.end - 1, subj_type: head.label },
      ...{ obj_start: tail.start, obj_end: tail.end - 1, obj_type: tail.label },
      relation: label,
      ...rowFields(meta, own, { taken: (name) => TACRED_FIELDS.has(name), readAgain: ["tokens"] }),
    };
    return { row, id };
  });
};

/** TACRED's JSON. Ends are those of its last tokens; each row says so, because readers may take them for others. */
export const tacredTarget: DocumentTarget = {
  name: "tacred",
  description: "TACRED's JSON lines: one relation for each row",
  cannotHold: {
    ...PAIR_LOSSES,
    words: "tokens of white space",
    relationLabels: "relations with a label such as `NA`, which readers take for None",
  },
  holdsPosts: true,
  write: (path, documents, context) => writeJsonRows(path, documents, tacredRows, context),
};

const mnreRows: RowsOf = (given, lose, { nextId }) => {
  const plain = withoutMeta(withoutCategory(given, lose), lose, { keepsTokens: true });
  lose("types", plain.entities.filter(({ label }) => label !== ENTITY_LABEL).length);
  const { document, pairs } = pairsOf(plain, { holds: () => true, renamesNone: false }, lose);
  return pairs.map(({ label, tokens, head, tail }) => ({
    row: dictOf({ label, tokens, head, tail, image: document.image }),
    id: nextId,
  }));
};

function dictOf({
  label,
  tokens,
  head,
  tail,
  image,
}: Omit<Pair, "id"> & { readonly image: string | undefined }): JsonObject {
  const words = tokens.map(({ text }) => text);
  const mention = ({ start, end }: Span) => ({ name: words.slice(start, end).join(" "), pos: [start, end] });
  return {
    token: words,
    h: mention(head),
    t: mention(tail),
    ...(image !== undefined && { img_id: image }),
    relation: label,
  };
}

/** MNRE's Python dicts. */
export const mnreTarget: DocumentTarget = {
  name: "mnre",
  description: "MNRE's Python dicts, one per line: one relation of two mentions for each row",
  cannotHold: {
    ...PAIR_LOSSES,
    types: "types of entities: all are `entity`",
    categories: "categories",
    meta: "metadata other than instance, line and tokens",
  },
  holdsPosts: true,
  write: (path, documents, context) =>
    writeRows(path, documents, mnreRows, context, { lineOf: ({ row }) => pythonString(row as JsonObject) }),
};
