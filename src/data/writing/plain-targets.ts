// Targets that hold every document (relata's own format, Parquet), CoNLL, and the tables of what was found.
import type { Document } from "../document.ts";
import { type TableName, writeTable } from "../findings-table.ts";
import { writeJsonl } from "../jsonl.ts";
import { writeParquetDocuments } from "../parquet/write-parquet.ts";
import { CONLL_LOSSES, type ConllLoss, writeConllBlocks } from "../write-conll.ts";
import type { DocumentTarget, WriteContext, Written } from "./target.ts";

/** relata's own format. */
export const relataTarget: DocumentTarget = {
  name: "relata",
  description: "one document per line as JSON",
  cannotHold: {},
  holdsPosts: true,
  options: ["offsets"],
  offsets: "utf-16",
  write: async (path, documents, { signal, offsets }) => ({
    documents: await writeJsonl(path, documents, { signal, offsets }),
  }),
};

/** relata's columns in Parquet. */
export const parquetTarget: DocumentTarget = {
  name: "parquet",
  description: "Parquet with relata's columns",
  cannotHold: {},
  holdsPosts: true,
  options: ["offsets"],
  offsets: "utf-16",
  write: async (path, documents, { signal, offsets }) => ({
    documents: await writeParquetDocuments(path, documents, { signal, offsets }),
  }),
};

/** CoNLL blocks. */
export const conllTarget: DocumentTarget = {
  name: "conll",
  description: "CoNLL blocks of words with BIO tags and IMGID lines",
  cannotHold: CONLL_LOSSES,
  holdsPosts: true,
  options: ["imageExtension"],
  write: (path, documents, { signal, imageExtension, losses }) =>
    writeConllBlocks(
      path,
      documents,
      (document, lost) => {
        const lose = losses.of(document);
        for (const [kind, count] of Object.entries(lost) as [ConllLoss, number][]) lose(kind, count);
      },
      { signal, imageExtension },
    ),
};

/** A table of what was found. */
function findings(name: TableName, description: string): DocumentTarget {
  return {
    name,
    description,
    cannotHold: {},
    holdsPosts: false,
    options: name === "triples" ? ["spreadsheet"] : ["offsets", "spreadsheet"],
    ...(name !== "triples" && { offsets: "utf-16" as const }),
    write: (path, documents, context) => writeFindings(name, path, documents, context),
  };
}

async function writeFindings(
  name: TableName,
  path: string,
  documents: AsyncIterable<Document>,
  { spreadsheet, offsets, signal }: WriteContext,
): Promise<Written> {
  return { documents: await writeTable(path, documents, { name, spreadsheet, offsets }, signal) };
}

/** The tables of findings. */
export const findingsTargets: readonly DocumentTarget[] = [
  findings("csv", "a table of entities, relations and categories, separated by commas"),
  findings("tsv", "the same, separated by tabs"),
  findings("triples", "a table with a row for every relation: head, relation, tail"),
];
