// Writes documents as CoNLL blocks with IMGID lines; refuses what CoNLL cannot express, or leaves it out and counts it.
import { basename, extname } from "node:path";
import { DataError } from "../base/errors.ts";
import { MAX_BLOCK_LINES } from "./blocks.ts";
import { IMAGE_EXTENSION } from "./conll.ts";
import { imageLine, isConllImage, isConllLabel, isConllWord, wordLine } from "./conll-lines.ts";
import { defect, defectError, quote } from "./defects.ts";
import type { Document, Entity } from "./document.ts";
import { writeAtomically } from "./file-sink.ts";
import { validDocument, WrittenIds } from "./jsonl.ts";
import { MAX_LINE_BYTES } from "./lines.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** What CoNLL cannot express, with the noun for its count. */
export const CONLL_LOSSES = {
  documents: "documents without a word that CoNLL can represent",
  relations: "relations",
  categories: "categories",
  probabilities: "probabilities of entities",
  overlapping: "entities that overlap an earlier or longer one",
  boundaries: "entities that begin or end inside a token",
  labels: "entities whose label contains a tab or a line break, or ends in a space",
  words: "tokens with a tab or a line break (split there), or that look like -DOCSTART- (left out)",
  spacing: "texts that differ from their tokens joined by single spaces",
  images: "pictures whose name has another extension, or white space",
  meta: "metadata other than block, line and tokens",
} as const;

/** A part of a document that CoNLL cannot express: a key of `CONLL_LOSSES`. */
export type ConllLoss = keyof typeof CONLL_LOSSES;

/** What was written and what was left out. */
export interface ConllAccount {
  readonly documents: number;
  /** CoNLL has no ids: number of documents whose id becomes `<file>-<block>` when they are read. */
  readonly renamed: number;
  readonly losses: Readonly<Partial<Record<ConllLoss, number>>>;
}

/** How documents are written as CoNLL. */
export interface ConllOptions {
  /** Leaves out and counts what CoNLL cannot express, instead of refusing the document. */
  readonly lossy?: boolean | undefined;
  /** Suffix to remove from a picture's name for its `IMGID`. */
  readonly imageExtension?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const KEPT_META: ReadonlySet<string> = new Set(["block", "line", "tokens"]); // a reader makes these again

/**
 * Writes documents as CoNLL atomically: the file appears complete or not at all.
 *
 * @throws DataError `data/not-in-format` for a document that CoNLL cannot express, unless `lossy`; `data/cannot-write`,
 * `data/duplicate-id`, `data/block-too-long`, or the code of an invalid document's defect.
 */
export async function writeConll(
  path: string,
  documents: Iterable<Document> | AsyncIterable<Document>,
  options: ConllOptions = {},
): Promise<ConllAccount> {
  const losses: Partial<Record<ConllLoss, number>> = {};
  const written = await writeConllBlocks(
    path,
    documents,
    (document, lost) => {
      if (!options.lossy) requireNoLoss(document, lost);
      for (const [loss, count] of Object.entries(lost) as [ConllLoss, number][]) {
        losses[loss] = (losses[loss] ?? 0) + count;
      }
    },
    options,
  );
  return { ...written, losses };
}

/**
 * Writes the blocks of documents atomically.
 *
 * @param onLosses receives what CoNLL cannot express of each document
 * @throws the errors of `writeConll`, and those of `onLosses`
 */
export function writeConllBlocks(
  path: string,
  documents: Iterable<Document> | AsyncIterable<Document>,
  onLosses: (document: Document, losses: ConllAccount["losses"]) => void,
  { imageExtension = IMAGE_EXTENSION, signal }: Omit<ConllOptions, "lossy">,
): Promise<Omit<ConllAccount, "losses">> {
  return writeAtomically(path, async (file) => {
    const ids = new WrittenIds();
    const stem = basename(path, extname(path));
    let blocks = 0;
    let renamed = 0;
    for await (const document of documents) {
      signal?.throwIfAborted();
      const block = formatBlock(validDocument(document), imageExtension);
      ids.add(document);
      onLosses(document, block.losses);
      if (block.lines === undefined) continue;
      requireReadable(document, block.lines);
      const text = `${block.lines.join("\n")}\n`;
      await file.text(blocks === 0 ? text : `\n${text}`);
      if (document.id !== `${stem}-${blocks}`) renamed++;
      blocks++;
    }
    return { documents: blocks, renamed };
  });
}

/** The lines of a document's block (undefined if no word is left), and what they lack. */
function formatBlock(
  document: Document,
  extension: string,
): { readonly lines: readonly string[] | undefined; readonly losses: Partial<Record<ConllLoss, number>> } {
  const { text, image, entities, relations, category, meta = {} } = document;
  const losses: Partial<Record<ConllLoss, number>> = {};
  const lose = (loss: ConllLoss, count = 1) => {
    if (count > 0) losses[loss] = (losses[loss] ?? 0) + count;
  };
  const tokens = tokensOf(document);
  lose("words", tokens.filter((token) => !isConllWord(token.text)).length);
  if (tokens.map((token) => token.text).join(" ") !== text) lose("spacing");
  const words = tokens.flatMap(wordsOf);
  const tags = words.map(() => "O");
  lose("relations", relations.length);
  if (category !== undefined) lose("categories");
  lose("probabilities", entities.filter(({ probability }) => probability !== undefined).length);
  let end = 0;
  for (const entity of [...entities].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const span = wordSpan(words, entity);
    if (span === undefined) lose("boundaries");
    else if (!isConllLabel(entity.label)) lose("labels");
    else if (span.first < end) lose("overlapping");
    else {
      tags.fill(`I-${entity.label}`, span.first, span.end);
      tags[span.first] = `B-${entity.label}`;
      end = span.end;
    }
  }
  if (Object.keys(meta).some((key) => !KEPT_META.has(key))) lose("meta");
  const lines = words.map((word, i) => wordLine(word.text, tags[i] ?? "O"));
  if (image !== undefined) {
    const id = image.endsWith(extension) ? image.slice(0, image.length - extension.length) : "";
    if (isConllImage(id)) lines.unshift(imageLine(id));
    else lose("images");
  }
  if (words.some(({ text: word }) => word.trim() !== "")) return { lines, losses };
  lose("documents"); // a reader refuses a blank text
  return { lines: undefined, losses };
}

/** The words for a token: itself, or its parts between tabs and line breaks. */
function wordsOf({ text, start }: Token): readonly Token[] {
  const parts = Array.from(text.matchAll(/[^\t\n]+/g), (match) => ({
    text: match[0],
    start: start + match.index,
    end: start + match.index + match[0].length,
  }));
  return parts.filter((part) => isConllWord(part.text));
}

/** The words that an entity covers, if it begins and ends at word boundaries. */
function wordSpan(words: readonly Token[], { start, end }: Entity) {
  const first = words.findIndex((word) => word.start === start);
  const last = words.findIndex((word) => word.end === end);
  return first === -1 || last < first ? undefined : { first, end: last + 1 };
}

function requireNoLoss(document: Document, losses: Partial<Record<ConllLoss, number>>): void {
  const found = Object.entries(losses) as [ConllLoss, number][];
  if (found.length === 0) return;
  const what = found.map(([loss, count]) => `${CONLL_LOSSES[loss]}: ${count}`).join("; ");
  throw new DataError({
    code: "data/not-in-format",
    message: `document ${quote(document.id)} has content that CoNLL cannot represent: ${what}`,
    place: `document ${quote(document.id)}`,
    value: losses,
    remedy:
      "Write relata's own format or Parquet, which can represent it, or use --lossy to leave it out and count it.",
  });
}

/** Refuses blocks that a reader would refuse as too long. */
function requireReadable(document: Document, lines: readonly string[]): void {
  const characters = lines.reduce((sum, line) => sum + line.length, 0);
  if (lines.length <= MAX_BLOCK_LINES && characters <= MAX_LINE_BYTES) return;
  const message = `its block has ${lines.length} lines and ${characters} characters; the limits are ${MAX_BLOCK_LINES} and ${MAX_LINE_BYTES}`;
  throw defectError(defect("data/block-too-long", `document ${quote(document.id)}`, message, lines.length));
}
