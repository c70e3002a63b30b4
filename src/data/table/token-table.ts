// Reads a table with a row for each token: its word, its tag, and the sentence that it belongs to.
import { DataError } from "../../base/errors.ts";
import { defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import { judgeRow, type RowOutcome, weighDefects } from "../rows.ts";
import { parseSchemeTag } from "../tag-schemes.ts";
import { CorpusParser } from "../tokenised/corpus.ts";
import { tagged } from "../tokenised/tagged.ts";
import { simple } from "./columns.ts";
import type { TableRow } from "./table-document.ts";

/** The columns of such a table. */
export interface TokenColumns {
  readonly word: string;
  readonly tag: string;
  /** Absent: blank rows divide the texts. */
  readonly sentence: string | undefined;
}

const WORDS = ["word", "words", "token", "tokens"];
const TAGS = ["tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "iob", "bio", "entity"];
const SENTENCES = [
  ...["sentence_#", "sentence", "sentence_id", "sentence_idx", "sent_id", "sent", "sentence_number"],
  ...["doc_id", "document_id", "text_id", "tweet_id", "id"],
];

const LOOKED_AT = 1000; // rows: a part of them shows what a column holds

/** The columns, if names and cells are those of tokens with tags of entities. */
export function tokenColumnsOf(
  names: readonly string[],
  rows: readonly TableRow[],
): TokenColumns | undefined {
  const find = (usual: readonly string[]) =>
    usual.map((one) => names.find((name) => simple(name) === one)).find((one) => one !== undefined);
  const word = find(WORDS);
  const tag = find(TAGS);
  if (word === undefined || tag === undefined) return undefined;
  const tags = rows.slice(0, LOOKED_AT).map(({ cells }) => String(cells[tag] ?? ""));
  const isTagged = tags.every((one) => one === "O" || parseSchemeTag(one) !== undefined);
  return isTagged && tags.some((one) => one !== "O") ? { word, tag, sentence: find(SENTENCES) } : undefined;
}

/** The rows of one text, as tokens with tags. */
interface Sentence {
  readonly line: number;
  lines: number;
  readonly name: string;
  readonly tokens: string[];
  readonly ner_tags: string[];
}

/**
 * The documents of a table of tokens. An empty cell in the column of sentences repeats the one above.
 *
 * @param afterBlank the first lines of rows that follow a blank row
 * @throws DataError `data/missing-column` if nothing says where a text begins
 */
export function* readTokenTable(
  path: string,
  rows: readonly TableRow[],
  columns: TokenColumns,
  afterBlank: ReadonlySet<number>,
  options: ReadDocumentsOptions,
): Generator<RowOutcome<Document>> {
  const { word, tag, sentence } = columns;
  if (sentence === undefined && afterBlank.size === 0 && rows.length > 1) throw noSentences(path, word);
  const guessed = `columns were guessed from their names: word=${word} tag=${tag}${sentence === undefined ? "; blank rows divide the texts" : ` sentence=${sentence}`}`;
  yield {
    kind: "file",
    defects: weighDefects([defect("data/guessed-columns", path, guessed, columns)], options),
  };
  const sentences = sentencesOf(rows, columns, afterBlank);
  const parser = new CorpusParser(path, tagged.open(path, options), options);
  const rowOf = ({ name, tokens, ner_tags }: Sentence) => ({
    tokens,
    ner_tags,
    ...(name !== "" && { sentence_id: name }),
  });
  for (const one of sentences) parser.observe(rowOf(one));
  yield* parser.notes();
  for (const one of sentences) {
    const place = `${path}:${one.line}`;
    const parsed = parser.parse(rowOf(one), place);
    yield judgeRow(one, parsed, (document) => parser.compare(document, place), options);
  }
  yield { kind: "file", defects: weighDefects(parser.end(), options) };
}

function sentencesOf(
  rows: readonly TableRow[],
  { word, tag, sentence }: TokenColumns,
  afterBlank: ReadonlySet<number>,
): readonly Sentence[] {
  const sentences: Sentence[] = [];
  for (const { line, lines, cells } of rows) {
    const named = sentence === undefined ? "" : String(cells[sentence] ?? "").trim();
    const last = sentences.at(-1);
    const continues =
      last !== undefined &&
      (sentence === undefined ? !afterBlank.has(line) : named === "" || named === last.name);
    const own = continues ? last : { line, lines: 0, name: named, tokens: [], ner_tags: [] };
    if (!continues) sentences.push(own);
    own.lines += lines;
    own.tokens.push(String(cells[word] ?? ""));
    own.ner_tags.push(String(cells[tag] ?? ""));
  }
  return sentences;
}

function noSentences(path: string, word: string): DataError {
  return new DataError({
    code: "data/missing-column",
    message: `${path} has a token in each row (${quote(word)}), and nothing says where a text begins`,
    place: path,
    value: word,
    remedy: "Add a column sentence_id with the number of each token's text, or a blank row between texts.",
  });
}
