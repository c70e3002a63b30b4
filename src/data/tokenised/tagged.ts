// Tokens with a tag for each, as in the token classification sets of Hugging Face: `tokens` and `ner_tags`.
import { z } from "zod";
import { type Defect, defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import type { Parsed } from "../rows.ts";
import {
  isTagOf,
  orphanDefect,
  readTags,
  SchemeSurvey,
  schemeDefect,
  type TagScheme,
} from "../tag-schemes.ts";
import { type CorpusKind, otherFields, rowId } from "./corpus.ts";
import { documentOfTokens } from "./token-document.ts";

/** Names of the fields with tags, the likeliest first. */
const TAG_FIELDS = ["ner_tags", "ner", "ner_tag", "ner_labels", "bio_tags", "entity_tags", "tags", "labels"];
const TOKEN_FIELDS = ["tokens", "words", "token"];
const TEXT_FIELDS = ["text", "sentence"];
const IMAGE_FIELDS = ["image", "picture", "img"];

const strings = z.array(z.string());
const taggedRow = z.looseObject({ id: rowId.nullish() });
type Row = z.infer<typeof taggedRow>;

/** Tokens and tags, in any tag scheme. A text beside the tokens gives their spacing. */
export const tagged: CorpusKind<Row> = {
  name: "tagged",
  description: "JSON, or Parquet of Hugging Face: tokens and ner_tags",
  options: ["bio", "tagsField", "textField", "imageField"],
  recognises: (row) =>
    TOKEN_FIELDS.some((name) => isList(row[name])) && TAG_FIELDS.some((name) => isList(row[name])),
  open: (path, options) => {
    const reader = new TaggedReader(path, options);
    return {
      schema: taggedRow,
      observe: (row) => reader.observe(row),
      notes: () => reader.notes(),
      toDocument: (row, id, place) => reader.parse(row, id, place),
    };
  },
};

function isList(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || ["string", "number"].includes(typeof value[0]));
}

interface Fields {
  readonly tokens: string;
  readonly tags: string;
}

class TaggedReader {
  readonly #path: string;
  readonly #options: ReadDocumentsOptions;
  readonly #survey = new SchemeSurvey();
  #fields: Fields | undefined;

  constructor(path: string, options: ReadDocumentsOptions) {
    this.#path = path;
    this.#options = options;
  }

  observe(row: Row): void {
    const { tags } = this.#fieldsOf(row);
    const read = strings.safeParse(row[tags]);
    if (read.success) this.#survey.observe(read.data);
  }

  get #scheme(): TagScheme {
    const { scheme } = this.#survey;
    const { bio = "conll" } = this.#options;
    return scheme === "IOB1" && bio !== "conll" ? "IOB2" : scheme;
  }

  notes(): readonly Defect[] {
    const scheme = schemeDefect(this.#scheme, this.#path);
    return scheme === undefined ? [] : [scheme];
  }

  parse(row: Row, id: string, place: string): Parsed<Document> {
    const fields = this.#fieldsOf(row);
    const tokens = row[fields.tokens];
    const tags = row[fields.tags];
    const defects = [...listDefects(fields.tokens, tokens, place), ...tagDefects(fields.tags, tags, place)];
    if (defects.length > 0) return { defects };
    const words = strings.parse(tokens); // checked above
    const names = strings.parse(tags);
    const scheme = this.#scheme;
    if (words.length !== names.length) {
      const message = `${fields.tokens} has ${words.length} items, but ${fields.tags} has ${names.length}`;
      return { defects: [defect("data/wrong-type", place, message, names.length)] };
    }
    const foreign = names.find((tag) => !isTagOf(tag, scheme));
    if (foreign !== undefined) {
      const message = `${quote(foreign)} is not a tag of ${scheme}`;
      return { defects: [defect("data/not-a-bio-tag", place, message, foreign)] };
    }
    const { bio = "conll" } = this.#options;
    const { spans, orphans } = readTags(names, scheme, bio);
    const orphaned = orphans.map((at) =>
      orphanDefect({ word: words[at] ?? "", tag: names[at] ?? "", before: names[at - 1], place }, bio),
    );
    const { id: own, [fields.tokens]: _, [fields.tags]: __, ...rest } = row;
    const { textField, imageField } = this.#options;
    const text = takeString(rest, textField === undefined ? TEXT_FIELDS : [textField]);
    const image = takeString(rest, imageField === undefined ? IMAGE_FIELDS : [imageField]);
    const parsed = documentOfTokens(
      {
        id: own ?? id,
        tokens: words,
        entities: spans,
        relations: [],
        meta: otherFields(rest, taggedRow),
        ...(text !== undefined && { text }),
        ...(image !== undefined && { image }),
      },
      "exclusive",
      place,
    );
    return { ...parsed, defects: [...orphaned, ...parsed.defects] };
  }

  /** The names of the fields, from the first row: a row without them is refused. */
  #fieldsOf(row: Row): Fields {
    const { tagsField } = this.#options;
    this.#fields ??= {
      tokens: TOKEN_FIELDS.find((name) => isList(row[name])) ?? "tokens",
      tags: tagsField ?? TAG_FIELDS.find((name) => isList(row[name])) ?? "ner_tags",
    };
    return this.#fields;
  }
}

/** Takes the first of these fields that holds a string out of the row. */
function takeString(row: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = row[name];
    if (typeof value !== "string") continue;
    delete row[name];
    return value;
  }
  return undefined;
}

function listDefects(name: string, value: unknown, place: string): readonly Defect[] {
  if (value === undefined || value === null)
    return [defect("data/missing-field", place, `${name} is missing`)];
  if (strings.safeParse(value).success) return [];
  return [defect("data/wrong-type", place, `${name} must be a list of strings`, value)];
}

function tagDefects(name: string, value: unknown, place: string): readonly Defect[] {
  if (!Array.isArray(value) || !value.some((tag) => typeof tag === "number"))
    return listDefects(name, value, place);
  const message = `${name} has numbers, and nothing says which tags they are`;
  return [defect("data/tag-numbers", place, message, value)];
}
