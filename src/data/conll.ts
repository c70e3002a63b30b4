// Reads CoNLL blocks of words with BIO tags (or IOB1, BIOES, BILOU, BMES), with or without `IMGID:<id>` lines (Twitter-2015, Twitter-2017, GMNER), as documents.

import { basename, extname } from "node:path";
import { counted } from "../base/counted.ts";
import { type BioPolicy, parseBioTag } from "./bio.ts";
import { type BlockLine, type BlockParser, readBlocks } from "./blocks.ts";
import { BoxFile } from "./boxes.ts";
import {
  type ConllLayout,
  followsNumbering,
  IndexColumnNote,
  isNoToken,
  layoutOf,
  looksLikeWords,
  type Numbering,
  numbersTokens,
} from "./conll-columns.ts";
import { isComment, isDocumentStart, parseConllLine } from "./conll-lines.ts";
import { type TagColumn, tagColumnDefect, tagIn } from "./conll-tag-column.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Document, JsonObject } from "./document.ts";
import { documentDefects } from "./document-defects.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { isTaggedLine } from "./file-kind.ts";
import type { Parsed, RowOutcome } from "./rows.ts";
import { isTagOf, orphanDefect, readTags, schemeDefect, type TagScheme } from "./tag-schemes.ts";
import { joinTokens } from "./tokens.ts";

/** `IMGID` is the name of a picture without its extension. */
export const IMAGE_EXTENSION = ".jpg";

interface TaggedWord {
  readonly line: number;
  readonly word: string;
  readonly tag: string;
}

/**
 * Reads the blocks of a CoNLL file as documents: text = words joined by one space, entities = the spans of the tags (read by the policy
 * `bio`), no relations, image = `IMGID` and the extension. `meta` has the block's index (from 0), its first line (from 1) and the
 * token offsets; with `boxes` also `boxes` and `pictureSize`. The id is the file's name without extension, a hyphen and the index.
 *
 * @throws DataError `data/cannot-read`; `data/bad-boxes` and similar codes for the file of boxes; under the policy "strict" also the code of
 * the first defect of severity "error".
 */
async function* readConll(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const boxes = options.boxes === undefined ? undefined : await BoxFile.open(options.boxes);
  const layout = await layoutOf(path, options.tagsField);
  yield* readBlocks(path, new ConllParser(path, options, boxes, layout), options);
}

/** CoNLL, for the registry. */
export const conllFormat: DocumentFormat = {
  name: "conll",
  description:
    "CoNLL blocks of words with BIO tags, with or without IMGID lines (Twitter-2015, Twitter-2017, GMNER)",
  options: ["bio", "boxes", "imageExtension", "tagsField"],
  recognises: ({ lines }) => isTaggedLine(lines.find((line) => !isComment(line)) ?? ""),
  read: readConll,
};

class ConllParser implements BlockParser<Document> {
  readonly #path: string;
  readonly #bio: BioPolicy;
  readonly #extension: string;
  readonly #boxes: BoxFile | undefined;
  readonly #numbering: Numbering | undefined;
  readonly #isNumbered: boolean;
  readonly #scheme: TagScheme;
  readonly #tags: TagColumn;
  readonly #indexNote: IndexColumnNote;
  #wideLines = 0;
  #firstWideLine = 0;

  constructor(
    path: string,
    options: ReadDocumentsOptions,
    boxes: BoxFile | undefined,
    { numbering, scheme, tags }: ConllLayout,
  ) {
    this.#path = path;
    this.#tags = tags;
    this.#numbering = numbering;
    this.#isNumbered = numbering !== undefined;
    this.#indexNote = new IndexColumnNote(numbering);
    this.#bio = options.bio ?? "conll";
    // The policies differ on IOB1 too: who names another than the default keeps it.
    this.#scheme = scheme === "IOB1" && this.#bio !== "conll" ? "IOB2" : scheme;
    this.#extension = options.imageExtension ?? IMAGE_EXTENSION;
    this.#boxes = boxes;
  }

  isMark(text: string): boolean {
    return isDocumentStart(text);
  }

  isComment(text: string): boolean {
    return isComment(text);
  }

  parse(lines: readonly BlockLine[], index: number): Parsed<Document> {
    const { imageId, words, defects } = this.#readLines(lines);
    if (defects.some(({ severity }) => severity === "error")) return { defects };
    const { line } = lines[0]!; // a block has a line
    const place = `${this.#path}:${line}`;
    const { text, offsets } = joinTokens(words.map(({ word }) => word));
    const { spans, orphans } = readTags(
      words.map(({ tag }) => tag),
      this.#scheme,
      this.#bio,
    );
    for (const at of orphans) {
      const { line: own, word, tag } = words[at]!; // a position that the reading of these tags gave
      const before = words[at - 1]?.tag;
      defects.push(orphanDefect({ word, tag, before, place: `${this.#path}:${own}` }, this.#bio));
    }
    const image = imageId === undefined ? undefined : `${imageId}${this.#extension}`;
    const entities = spans.map(({ start, end, label }) => ({
      start: offsets[start]!.start, // spans are of these words
      end: offsets[end - 1]!.end,
      label,
    }));
    const boxed = this.#boxes?.join(image, text, entities, place);
    if (boxed) defects.push(...boxed.defects);
    const meta: JsonObject = {
      block: index,
      line,
      tokens: offsets.map(({ start, end }) => [start, end]),
      ...boxed?.meta,
    };
    const id = `${basename(this.#path, extname(this.#path))}-${index}`;
    const document: Document = {
      id,
      text,
      ...(image !== undefined && { image }),
      entities,
      relations: [],
      meta,
    };
    return { value: document, defects: [...defects, ...documentDefects(document, place)] };
  }

  end(): readonly Defect[] {
    const scheme = schemeDefect(this.#scheme, `${this.#path}:1`);
    const column = tagColumnDefect(this.#tags, this.#path);
    const defects = [
      ...(this.#boxes?.unused() ?? []),
      ...this.#indexNote.defects(),
      ...(scheme === undefined ? [] : [scheme]),
      ...(column === undefined ? [] : [column]),
    ];
    if (this.#wideLines > 0) {
      const [most, first] = this.#isNumbered ? ["three", "second"] : ["two", "first"];
      const last = this.#tags.column === undefined ? "the last" : `column ${this.#tags.column + 1}`;
      const message = `${counted(this.#wideLines, "line has", "lines have")} more than ${most} columns; only the ${first} and ${last} are read`;
      defects.push(
        defect("data/unused-columns", `${this.#path}:${this.#firstWideLine}`, message, this.#wideLines),
      );
    }
    return defects;
  }

  /** The picture's id and the words of a block, with all defects of its lines. */
  #readLines(lines: readonly BlockLine[]) {
    const words: TaggedWord[] = [];
    const defects: Defect[] = [];
    const tables: (readonly string[])[] = [];
    let imageId: string | undefined;
    for (const { line, text } of lines) {
      if (isComment(text)) continue;
      const place = `${this.#path}:${line}`;
      const read = parseConllLine(text);
      if (text.includes("\r")) {
        const message = `the line contains a carriage return after ${quote(text.slice(0, text.indexOf("\r")))}: do lines end in a bare CR?`;
        defects.push(defect("data/carriage-return", place, message));
        continue;
      }
      if (read.kind === "image") {
        if (imageId !== undefined || words.length > 0) {
          const message = `${quote(text)} comes after ${counted(words.length, "word")} of its block${imageId === undefined ? "" : `, whose picture is ${quote(imageId)}`}`;
          defects.push(defect("data/misplaced-image", place, message, read.id));
        } else if (read.id === "") {
          defects.push(defect("data/empty-image", place, "IMGID is empty", read.id));
        }
        imageId ??= read.id;
        continue;
      }
      if (read.kind === "word") tables.push(read.columns);
      if (this.#isNumbered && read.kind === "word" && isNoToken(read.columns)) continue;
      const word = (this.#isNumbered && read.kind === "word" ? read.columns[1] : undefined) ?? read.word;
      if (word === "") defects.push(defect("data/empty-token", place, "the line has no word", text));
      else if (word.trim() === "") {
        const message = `the word is ${quote(word)}, which is only white space`;
        defects.push(defect("data/blank-token", place, message, word));
      }
      if (read.kind === "untagged") {
        defects.push(defect("data/missing-tag", place, `${quote(word)} has no tag`, text));
        continue;
      }
      const tag = tagIn(read.columns, this.#tags);
      defects.push(...columnDefects(read.columns, tag, this.#scheme, place));
      if (read.columns.length > (this.#isNumbered ? 3 : 2)) {
        this.#wideLines++;
        this.#firstWideLine ||= line;
      }
      words.push({ line, word, tag });
    }
    const first = `${this.#path}:${lines[0]?.line}`;
    defects.push(...this.#numberDefects(tables, first));
    if (words.length === 0) {
      defects.push(defect("data/empty-text", first, "the block has no tagged word", imageId));
    }
    return { imageId, words, defects };
  }

  /** The defect of a block whose first column numbers tokens although the file's does not, or vice versa. */
  #numberDefects(tables: readonly (readonly string[])[], place: string): Defect[] {
    if (this.#numbering !== undefined && followsNumbering(tables, this.#numbering)) {
      this.#indexNote.add(place, tables.filter(isNoToken).length);
      return [];
    }
    const isOdd = this.#isNumbered
      ? tables.length > 0
      : numbersTokens(tables) && tables.length > 2 && looksLikeWords(tables);
    if (!isOdd) return [];
    const message = this.#isNumbered
      ? `the first column does not number the ${this.#numbering === "blocks" ? "block" : "tokens"}, as it does in the file's first blocks`
      : "the first column numbers the tokens, unlike in all blocks before; the second column contains the words";
    return [{ ...defect("data/index-column", place, message), severity: "error" }];
  }
}

/** The defect for the tag of a line, and the column that has a tag instead. */
function columnDefects(columns: readonly string[], tag: string, scheme: TagScheme, place: string): Defect[] {
  const joined = columns.slice(1).find((column) => column.includes("\ufeff"));
  if (joined !== undefined) {
    const message = `${quote(joined)} contains a byte order mark: files were joined without a line end between them`;
    return [{ ...defect("data/byte-order-mark", place, message), severity: "error" }];
  }
  if (isTagOf(tag, scheme)) return [];
  const other = columns.findIndex((column) => parseBioTag(column) !== undefined);
  const hint =
    other !== -1
      ? `; column ${other + 1} contains one, but the column of the tags must`
      : HEADER.test(tag)
        ? "; if the line is a header, remove it"
        : OTHER_SCHEME.test(tag)
          ? ": it belongs to BIOES, BILOU or BMES, but the first tags of the file do not"
          : "";
  return [defect("data/not-a-bio-tag", place, `${quote(tag)} is not a BIO tag${hint}`, tag)];
}

const OTHER_SCHEME = /^[ELMSU]-./;
const HEADER = /^(?:ner|bio)?[ _-]?(?:tags?|labels?|entity|entities|ner)$/i;
