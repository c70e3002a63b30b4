// Reads CoNLL-U with entity tags in the MISC column, and keeps the spacing of the text: one document per sentence.
import { basename, extname } from "node:path";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import type { BioPolicy } from "./bio.ts";
import { type BlockLine, type BlockParser, readBlocks } from "./blocks.ts";
import { firstLines } from "./conll-columns.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Document, JsonObject, Span } from "./document.ts";
import { documentDefects } from "./document-defects.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import type { Parsed, RowOutcome } from "./rows.ts";
import { isTagOf, orphanDefect, readTags, schemeDefect, schemeOf, type TagScheme } from "./tag-schemes.ts";
import { tokensWithin } from "./tokens.ts";

const COLUMNS = 10;
const ID = /^(\d{1,6})(?:([-.])(\d{1,6}))?$/;
/** Fields of MISC that hold entity tags in treebanks: DaNE and NorNE have `name`, others `NER` or `NE`. */
const TAG_FIELD = /^(?:ner|ne|name|entity|bio|tag|label)$/i;

/** A token of the text; a multiword token is one, however many words it has. */
interface TextToken {
  readonly line: number;
  form: string;
  tag: string;
  spaceAfter: boolean;
}

/**
 * Reads the sentences of a CoNLL-U file as documents. The text is that of the comment `# text =` where the tokens spell it, and otherwise
 * the forms, with a space after each unless MISC has `SpaceAfter=No`. Entities are the tags of one field of MISC; a word without it is O.
 * Empty nodes are left out.
 *
 * @throws DataError `data/cannot-read`; `data/missing-column` if no field of MISC has tags; under "strict" also the code of the first
 * defect of severity "error".
 */
async function* readConllu(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const lines = await firstLines(path);
  const field = tagFieldOf(lines, path);
  const scheme = schemeOf(sentencesOf(lines, field));
  yield* readBlocks(path, new ConlluParser(path, field, scheme, options), options);
}

/** CoNLL-U, for the registry. */
export const conlluFormat: DocumentFormat = {
  name: "conllu",
  description: "CoNLL-U with entity tags in the MISC column (NER=B-PER)",
  options: ["bio"],
  recognises: ({ lines }) => {
    const word = lines.find((line) => !line.startsWith("#"))?.split("\t") ?? [];
    return word.length === COLUMNS && ID.test(word[0] ?? "");
  },
  read: readConllu,
};

/** The field of MISC whose values are tags. */
function tagFieldOf(lines: readonly string[], path: string): string {
  const fields = new Map<string, { readonly isTags: boolean; readonly isUsed: boolean }>();
  for (const line of lines) {
    for (const [name, value] of miscOf(line.split("\t")[COLUMNS - 1])) {
      const { isTags = true, isUsed = false } = fields.get(name) ?? {};
      const isTag = isTagOf(value, "IOB2") || isTagOf(value, "BIOES");
      fields.set(name, { isTags: isTags && isTag, isUsed: isUsed || value !== "O" });
    }
  }
  const candidates = [...fields].filter(([, { isTags, isUsed }]) => isTags && isUsed).map(([name]) => name);
  const found =
    candidates.find((name) => TAG_FIELD.test(name)) ??
    candidates[0] ??
    [...fields.keys()].find((name) => TAG_FIELD.test(name)); // damaged tags, or only O
  if (found !== undefined) return found;
  throw new DataError({
    code: "data/missing-column",
    message: `${path} has no entity tags in column ${COLUMNS} (MISC); its fields are ${[...fields.keys()].map(quote).join(", ") || "none"}`,
    place: path,
    value: [...fields.keys()],
    remedy:
      "Name a file whose MISC column has tags such as NER=B-PER; for a tag in the last column use the format conll.",
  });
}

/** The tags of sentences. */
function sentencesOf(lines: readonly string[], field: string): readonly (readonly string[])[] {
  const sentences: string[][] = [[]];
  for (const line of lines) {
    const columns = line.split("\t");
    if (columns.length === COLUMNS) sentences.at(-1)?.push(miscOf(columns[COLUMNS - 1]).get(field) ?? "O");
    else if (line.trim() === "") sentences.push([]);
  }
  return sentences;
}

function miscOf(cell = "_"): ReadonlyMap<string, string> {
  const fields = cell
    .split("|")
    .map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)] as const);
  return new Map(fields.filter(([name]) => name !== ""));
}

class ConlluParser implements BlockParser<Document> {
  readonly #path: string;
  readonly #field: string;
  readonly #scheme: TagScheme;
  readonly #bio: BioPolicy;
  #merged = 0;
  #overruled = 0;
  #firstMerged = 0;

  constructor(path: string, field: string, scheme: TagScheme, { bio = "conll" }: ReadDocumentsOptions) {
    this.#path = path;
    this.#field = field;
    this.#scheme = scheme === "IOB1" && bio !== "conll" ? "IOB2" : scheme;
    this.#bio = bio;
  }

  isMark(): boolean {
    return false;
  }

  parse(lines: readonly BlockLine[], index: number): Parsed<Document> {
    const { comments, tokens, defects } = this.#readLines(lines);
    const { line } = lines[0]!; // a block has a line
    const place = `${this.#path}:${line}`;
    if (tokens.length === 0 && defects.length === 0)
      return { defects: [defect("data/empty-text", place, "the sentence has no token")] };
    if (defects.length > 0) return { defects };
    const { text, offsets, mismatch } = textOf(tokens, comments.get("text"), place);
    const { spans, orphans } = readTags(
      tokens.map(({ tag }) => tag),
      this.#scheme,
      this.#bio,
    );
    const sentence = comments.get("sent_id");
    const meta: JsonObject = {
      block: index,
      line,
      ...(sentence !== undefined && { sentence }),
      tokens: offsets.map(({ start, end }) => [start, end]),
    };
    const document: Document = {
      id: `${basename(this.#path, extname(this.#path))}-${index}`,
      text,
      entities: spans.map(({ start, end, label }) => ({
        start: offsets[start]!.start, // spans are of these tokens
        end: offsets[end - 1]!.end,
        label,
      })),
      relations: [],
      meta,
    };
    const orphaned = orphans.map((at) => {
      const { form: word, tag, line: own } = tokens[at]!; // a position that the reading of these tags gave
      const before = tokens[at - 1]?.tag;
      return orphanDefect({ word, tag, before, place: `${this.#path}:${own}` }, this.#bio);
    });
    return { value: document, defects: [...mismatch, ...orphaned, ...documentDefects(document, place)] };
  }

  end(): readonly Defect[] {
    const scheme = schemeDefect(this.#scheme, `${this.#path}:1`);
    const field = `entities are the tags of ${quote(this.#field)} in MISC`;
    const defects = [
      ...(TAG_FIELD.test(this.#field)
        ? []
        : [defect("data/tag-scheme", `${this.#path}:1`, field, this.#field)]),
      ...(scheme === undefined ? [] : [scheme]),
    ];
    if (this.#merged === 0) return defects;
    const lost = this.#overruled > 0 ? `; ${counted(this.#overruled, "tag")} of other words not used` : "";
    const message = `${counted(this.#merged, "multiword token")} with the first tag of its words${lost}`;
    return [
      ...defects,
      defect("data/multiword-token", `${this.#path}:${this.#firstMerged}`, message, this.#merged),
    ];
  }

  /** The comments and the tokens of a sentence, with all defects of its lines. */
  #readLines(lines: readonly BlockLine[]) {
    const comments = new Map<string, string>();
    const tokens: TextToken[] = [];
    const defects: Defect[] = [];
    let range: { readonly token: TextToken; readonly last: number; readonly words: TextToken[] } | undefined;
    const closeRange = () => {
      if (range !== undefined) tokens.push(...this.#tokensOf(range.token, range.words));
      range = undefined;
    };
    for (const { line, text } of lines) {
      const place = `${this.#path}:${line}`;
      if (text.startsWith("#")) {
        const comment = /^#\s*(\S+)\s*= ?(.*)$/u.exec(text);
        if (comment !== null) comments.set(comment[1] ?? "", comment[2] ?? "");
        continue;
      }
      const columns = text.split("\t");
      const [, first, kind, last] = ID.exec(columns[0] ?? "") ?? [];
      if (columns.length !== COLUMNS || first === undefined) {
        const message = `the line has ${counted(columns.length, "column")} and the id ${quote(columns[0])}; CoNLL-U has ${COLUMNS} columns with a tab between them, and numbers as ids`;
        defects.push(defect("data/not-conllu", place, message, text));
        continue;
      }
      if (kind === ".") continue; // an empty node is not in the text
      const misc = miscOf(columns[COLUMNS - 1]);
      const form = columns[1] ?? "";
      const tag = misc.get(this.#field) ?? "O";
      if (form.trim() === "") defects.push(defect("data/empty-token", place, "the line has no word", text));
      if (!isTagOf(tag, this.#scheme)) {
        defects.push(defect("data/not-a-bio-tag", place, `${quote(tag)} is not a BIO tag`, tag));
      }
      const token: TextToken = { line, form, tag, spaceAfter: misc.get("SpaceAfter") !== "No" };
      const id = Number(first);
      if (range !== undefined && id > range.last) closeRange();
      if (kind === "-") {
        closeRange();
        range = { token, last: Number(last), words: [] };
      } else if (range !== undefined) range.words.push(token);
      else tokens.push(token);
    }
    closeRange();
    return { comments, tokens, defects };
  }

  /** The tokens for a multiword token: its words if they spell it, else itself with the first tag of theirs. */
  #tokensOf(whole: TextToken, words: readonly TextToken[]): readonly TextToken[] {
    if (words.length > 0 && words.map(({ form }) => form).join("") === whole.form) {
      return words.map((word, i) => ({
        ...word,
        spaceAfter: i === words.length - 1 && whole.spaceAfter,
      }));
    }
    this.#merged++;
    this.#firstMerged ||= whole.line;
    const tags = [whole, ...words].map(({ tag }) => tag).filter((tag) => tag !== "O");
    const [tag = "O", ...others] = tags;
    this.#overruled += others.filter((other) => other.slice(2) !== tag.slice(2)).length;
    return [{ ...whole, tag }];
  }
}

/** The text of a sentence and the positions of its tokens. */
function textOf(
  tokens: readonly TextToken[],
  given: string | undefined,
  place: string,
): { readonly text: string; readonly offsets: readonly Span[]; readonly mismatch: readonly Defect[] } {
  const forms = tokens.map(({ form }) => form);
  const within = given === undefined ? undefined : tokensWithin(given, forms);
  if (given !== undefined && within !== undefined) return { text: given, offsets: within, mismatch: [] };
  const offsets: Span[] = [];
  let text = "";
  for (const [i, { form, spaceAfter }] of tokens.entries()) {
    offsets.push({ start: text.length, end: text.length + form.length });
    text += spaceAfter && i < tokens.length - 1 ? `${form} ` : form;
  }
  if (given === undefined) return { text, offsets, mismatch: [] };
  const message = `the tokens do not spell ${quote(given)}; the text is made from them`;
  return { text, offsets, mismatch: [defect("data/tokens-not-in-text", place, message, given)] };
}
