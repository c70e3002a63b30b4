// Writes a CSV table that can be read again: the text in each row, and a row for each entity and relation.
import type { Document, Entity } from "../document.ts";
import { csvCell } from "../findings-table.ts";
import {
  readsAsNone,
  withoutCategory,
  withoutEntities,
  withoutMeta,
  withoutProbabilities,
  withoutRelations,
} from "./fit.ts";
import { type RowsOf, writeRows } from "./json-rows.ts";
import type { Lose } from "./losses.ts";
import type { DocumentTarget } from "./target.ts";

const COLUMNS = [
  ...["id", "text", "image", "mention", "start", "end", "label"],
  ...[
    "head",
    "head_start",
    "head_end",
    "head_type",
    "tail",
    "tail_start",
    "tail_end",
    "tail_type",
    "relation",
  ],
] as const;
type Cells = Partial<Record<(typeof COLUMNS)[number], string | number>>;

const isTrim = (text: string) => text.trim() === text;

/** The document without what a table's cells cannot hold: they lose the white space around them, and equal mentions are one. */
function fitted(given: Document, lose: Lose): Document {
  const plain = withoutMeta(withoutCategory(withoutProbabilities(given, lose), lose), lose);
  const seen = new Set<string>();
  const isNew = (...parts: readonly unknown[]) => {
    const key = parts.join("\n");
    const known = seen.has(key);
    seen.add(key);
    return !known;
  };
  const named = withoutEntities(
    plain,
    ({ start, end, label }) => (!isTrim(label) ? "labels" : isNew(start, end, label) ? undefined : "places"),
    lose,
  );
  const isKept = (label: string) => isTrim(label) && !readsAsNone(label);
  return withoutRelations(
    named,
    ({ head, tail, label }) =>
      !isKept(label) ? "relationLabels" : isNew("relation", head, tail, label) ? undefined : "relations",
    lose,
  );
}

const rowsOf: RowsOf = (given, lose, { index }) => {
  const { id, text, image } = given;
  if (!isTrim(id) || !isTrim(text)) {
    lose("documents");
    return [];
  }
  if (image !== undefined && !isTrim(image)) lose("images");
  const document = fitted(given, lose);
  const { entities, relations } = document;
  const own: Cells = { id, text, ...(image !== undefined && { image }) };
  const words = ({ start, end }: Entity) => {
    const surface = text.slice(start, end);
    return isTrim(surface) ? surface : ""; // the offsets say it
  };
  const rows: Cells[] = [
    ...entities.map((entity) => {
      const { start, end, label } = entity;
      return { ...own, mention: words(entity), start, end, label };
    }),
    ...relations.map(({ head, tail, label }) => {
      const [from, to] = [entities[head]!, entities[tail]!]; // positions in a valid document
      return {
        ...own,
        ...{ head: words(from), head_start: from.start, head_end: from.end, head_type: from.label },
        ...{ tail: words(to), tail_start: to.start, tail_end: to.end, tail_type: to.label },
        relation: label,
      };
    }),
  ];
  // Ids that are all different would be taken for numbers of rows where texts are repeated.
  const first = rows.length === 0 ? [own, ...(index === 0 ? [own] : [])] : index === 0 ? [own] : [];
  return [...first, ...rows].map((row) => ({ row, id }));
};

const lineOf = (row: Cells) => COLUMNS.map((column) => csvCell(row[column], ",")).join(",");

/** A table of texts with their mentions and relations. */
export const tableTarget: DocumentTarget = {
  name: "table",
  description: "CSV with the text in each row: a row for each entity and each relation, with offsets",
  cannotHold: {
    documents: "a text or an id with white space around it",
    images: "names of pictures with white space around them",
    labels: "entities whose label has white space around it",
    places: "an entity that repeats another",
    relationLabels: "relations with white space around their label, or with one that readers take for None",
    relations: "a relation that repeats another",
    categories: "categories",
    probabilities: "probabilities",
    meta: "metadata",
    tokens: "tokens",
  },
  holdsPosts: true,
  offsets: "utf-16",
  write: (path, documents, context) =>
    writeRows(path, documents, rowsOf, context, {
      lineOf: ({ row }) => lineOf(row as Cells),
      areOne: true,
      around: [`${COLUMNS.join(",")}\n`, "\n", "\n"],
    }),
};
