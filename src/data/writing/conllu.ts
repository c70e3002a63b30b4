// Writes CoNLL-U: one sentence for each document, its text in a comment, and entity tags in the MISC column.
import type { Document } from "../document.ts";
import type { Token } from "../tokens.ts";
import { isSpelled } from "./corpora.ts";
import { withoutCategory, withoutImage, withoutMeta, withoutProbabilities, withoutRelations } from "./fit.ts";
import { tagged, tokenised } from "./fit-tokens.ts";
import { type RowsOf, writeRows } from "./json-rows.ts";
import type { DocumentTarget } from "./target.ts";

const isForm = (word: string) => word.trim() !== "" && !/[\t\n\r]/.test(word);
/** MISC divides its fields by bars. */
const isLabel = (label: string) => !/[|\t\n\r]/.test(label);
/** A comment ends with its line, in the sense of regular expressions. */
const isComment = (text: string) => !/[\n\r\u2028\u2029]/.test(text);

interface Sentence {
  readonly text: string;
  readonly name: string;
  readonly tokens: readonly Token[];
  readonly tags: readonly string[];
}

const sentences: RowsOf = (given, lose, { nextId }) => {
  const bare = withoutRelations(withoutProbabilities(given, lose), () => "relations", lose);
  const { sentence, ...meta } = bare.meta ?? {};
  const plain = withoutImage(withoutCategory({ ...bare, meta }, lose), lose);
  const isName = typeof sentence === "string" && isComment(sentence);
  if (sentence !== undefined && !isName) lose("meta");
  const inTokens = tokenised(
    withoutMeta(plain, lose, { keepsTokens: true }),
    { holds: isForm, keepsText: true },
    lose,
  );
  if (inTokens.tokens.length === 0) {
    lose("documents");
    return [];
  }
  const { document, tags } = tagged(inTokens, isLabel, lose);
  const { tokens } = inTokens;
  if (!isComment(document.text) || !isSpelled(document.text, tokens)) lose("spacing");
  const row: Sentence = { text: document.text, name: nameOf(sentence, document), tokens, tags };
  return [{ row, id: nextId }];
};

function nameOf(sentence: unknown, { id }: Document): string {
  if (typeof sentence === "string" && isComment(sentence)) return sentence;
  return id.replace(/[\n\r\u2028\u2029]/g, " ");
}

function linesOf({ text, name, tokens, tags }: Sentence): string {
  const comments = [`# sent_id = ${name}`, ...(isComment(text) ? [`# text = ${text}`] : [])];
  const words = tokens.map((token, i) => {
    const follows = tokens[i + 1];
    const touches = follows !== undefined && follows.start === token.end;
    const misc = `NER=${tags[i]}${touches ? "|SpaceAfter=No" : ""}`;
    return `${i + 1}\t${token.text}\t_\t_\t_\t_\t_\t_\t_\t${misc}`;
  });
  return [...comments, ...words].join("\n");
}

/** CoNLL-U. */
export const conlluTarget: DocumentTarget = {
  name: "conllu",
  description: "CoNLL-U: a sentence for each document, with entity tags in MISC (NER=B-PER)",
  cannotHold: {
    documents: "a document without a word",
    relations: "relations",
    images: "names of pictures",
    categories: "categories",
    probabilities: "probabilities",
    overlapping: "entities that overlap an earlier or longer one",
    boundaries: "entities that begin or end inside one of the document's own tokens",
    labels: "entities whose label has a tab, a line break or a bar",
    words: "tokens with a tab or a line break",
    spacing: "a text with a line break, or with characters outside of the document's own tokens",
    meta: "metadata other than block, line, sentence and tokens",
  },
  holdsPosts: true,
  write: (path, documents, context) =>
    writeRows(path, documents, sentences, context, {
      lineOf: ({ row }) => linesOf(row as Sentence),
      around: ["", "\n\n", "\n\n"],
    }),
};
