// Reads CoNLL blocks of words with BIO tags, with or without `IMGID:<id>` lines (Twitter-2015, Twitter-2017, GMNER), as documents.
import { basename, extname } from "node:path";
import { type BioPolicy, parseBioTag, spansOfTags } from "./bio.ts";
import { type BlockLine, type BlockParser, readBlocks } from "./blocks.ts";
import { BoxFile } from "./boxes.ts";
import { isDocumentStart, parseConllLine } from "./conll-lines.ts";
import { type Defect, defect, quote } from "./defects.ts";
import { type Document, documentDefects, type JsonObject } from "./document.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import type { Parsed, RowOutcome } from "./rows.ts";
import { joinTokens } from "./tokens.ts";

/** `IMGID` gives the name of a picture without its extension. */
export const IMAGE_EXTENSION = ".jpg";

interface TaggedWord {
  readonly line: number;
  readonly word: string;
  readonly tag: string;
}

/**
 * The blocks of a CoNLL file, one document each: text = words joined by one space, entities = the spans of the tags (read by the policy
 * `bio`), no relations, image = `IMGID` and the extension. `meta` holds the block's index (from 0), its first line (from 1) and the
 * token offsets; with `boxes` also `boxes` and `pictureSize`. The id is the file's name without extension, a hyphen and the index.
 *
 * @throws DataError `data/cannot-read`; `data/bad-boxes` and its kin for the file of boxes; under the policy "strict" also the code of
 * the first defect of severity "error".
 */
export async function* readConll(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const boxes = options.boxes === undefined ? undefined : await BoxFile.open(options.boxes);
  yield* readBlocks(path, new ConllParser(path, options, boxes), options);
}

/** CoNLL, for the registry. */
export const conllFormat: DocumentFormat = {
  name: "conll",
  description:
    "CoNLL blocks of words with BIO tags, with or without IMGID lines (Twitter-2015, Twitter-2017, GMNER)",
  read: readConll,
};

class ConllParser implements BlockParser<Document> {
  readonly #path: string;
  readonly #bio: BioPolicy;
  readonly #extension: string;
  readonly #boxes: BoxFile | undefined;
  #wideLines = 0;
  #firstWideLine = 0;

  constructor(path: string, options: ReadDocumentsOptions, boxes: BoxFile | undefined) {
    this.#path = path;
    this.#bio = options.bio ?? "conll";
    this.#extension = options.imageExtension ?? IMAGE_EXTENSION;
    this.#boxes = boxes;
  }

  isMark(text: string): boolean {
    return isDocumentStart(text);
  }

  parse(lines: readonly BlockLine[], index: number): Parsed<Document> {
    const { imageId, words, defects } = this.#readLines(lines);
    if (defects.some(({ severity }) => severity === "error")) return { defects };
    const { line } = lines[0]!; // a block has a line
    const place = `${this.#path}:${line}`;
    const { text, offsets } = joinTokens(words.map(({ word }) => word));
    const { spans, orphans } = spansOfTags(
      words.map(({ tag }) => tag),
      this.#bio,
    );
    defects.push(...orphans.map((at) => this.#orphan(words, at)));
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
    const defects = [...(this.#boxes?.unused() ?? [])];
    if (this.#wideLines > 0) {
      const message = `${this.#wideLines} lines have more than two columns; only the first and the last are read`;
      defects.push(
        defect("data/unused-columns", `${this.#path}:${this.#firstWideLine}`, message, this.#wideLines),
      );
    }
    return defects;
  }

  /** The picture's id and the words of a block, with everything that is wrong with its lines. */
  #readLines(lines: readonly BlockLine[]) {
    const words: TaggedWord[] = [];
    const defects: Defect[] = [];
    let imageId: string | undefined;
    for (const { line, text } of lines) {
      const place = `${this.#path}:${line}`;
      const read = parseConllLine(text);
      if (read.kind === "image") {
        if (imageId !== undefined || words.length > 0) {
          const message = `${quote(text)} stands behind ${words.length} words of its block${imageId === undefined ? "" : `, whose picture is ${quote(imageId)}`}`;
          defects.push(defect("data/misplaced-image", place, message, read.id));
        } else if (read.id === "") {
          defects.push(defect("data/empty-image", place, "IMGID is empty", read.id));
        }
        imageId ??= read.id;
        continue;
      }
      if (read.word === "") defects.push(defect("data/empty-token", place, "the line has no word", text));
      else if (read.word.trim() === "") {
        const message = `the word is ${quote(read.word)}, white space only`;
        defects.push(defect("data/blank-token", place, message, read.word));
      }
      if (read.kind === "untagged") {
        defects.push(defect("data/missing-tag", place, `${quote(read.word)} has no tag`, text));
        continue;
      }
      if (parseBioTag(read.tag) === undefined) {
        defects.push(defect("data/not-a-bio-tag", place, `${quote(read.tag)} is no BIO tag`, read.tag));
      }
      if (read.columns > 2) {
        this.#wideLines++;
        this.#firstWideLine ||= line;
      }
      words.push({ line, word: read.word, tag: read.tag });
    }
    if (words.length === 0) {
      const place = `${this.#path}:${lines[0]?.line}`;
      defects.push(defect("data/empty-text", place, "the block has no tagged word", imageId));
    }
    return { imageId, words, defects };
  }

  /** An orphan, and what the policy makes of it. */
  #orphan(words: readonly TaggedWord[], at: number): Defect {
    const { line, word, tag } = words[at]!; // a position that the reading of these tags gave
    const before = words[at - 1]?.tag;
    const continues = this.#bio === "repair" && before !== undefined && before !== "O";
    const reading = {
      conll: "it starts an entity",
      repair: continues ? "it continues the entity before it" : "it starts an entity",
      strict: "the block is rejected",
    }[this.#bio];
    const message = `${tag} of ${quote(word)} follows ${before ?? "nothing"}: ${reading}`;
    const found = defect("data/orphan-tag", `${this.#path}:${line}`, message, tag);
    return this.#bio === "strict" ? { ...found, severity: "error" } : found;
  }
}
