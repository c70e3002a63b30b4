// Defects of spans, tokens and relations.
import type { DefectKind } from "./defect-kind.ts";

export const ANNOTATION_DEFECTS = {
  "data/span-out-of-range": {
    severity: "error",
    meaning: "a span reaches outside its text, or starts after its end",
    remedy: "Give half-open offsets, 0 <= start < end <= length.",
  },
  "data/empty-span": {
    severity: "error",
    meaning: "a span is empty",
    remedy: "Remove it or set its end.",
  },
  "data/span-splits-surrogate-pair": {
    severity: "error",
    meaning: "a span starts or ends inside a character",
    remedy: "Offsets count UTF-16 code units (an emoji often has two), unless --offsets says otherwise.",
  },
  "data/span-edge-space": {
    severity: "warning",
    meaning: "a span starts or ends with white space",
    remedy: "Trim the span.",
  },
  "data/span-cuts-word": {
    severity: "warning",
    meaning: "a span starts or ends inside a word, with a letter or digit on both sides",
    remedy: "Check the unit of the offsets (--offsets), and that ends are exclusive.",
  },
  "data/offset-units": {
    severity: "warning",
    meaning:
      "spans that look wrong cover whole words if the offsets are read in another way (reported once per file, with the number)",
    remedy: "Run the command in the message; --offsets says what the offsets count.",
  },
  "data/offsets-differ": {
    severity: "error",
    meaning: "a document's meta.offsets names another unit than the option offsets",
    remedy: "Omit the option: documents that state their unit are read in it.",
  },
  "data/empty-token": {
    severity: "error",
    meaning: "a token is empty",
    remedy: "Remove the token and shift the spans.",
  },
  "data/bad-token-offsets": {
    severity: "error",
    meaning: "token offsets are not ordered, disjoint and non-empty spans of the text",
    remedy: "Write them as [[start, end], ...] in reading order.",
  },
  "data/name-mismatch": {
    severity: "error",
    meaning: "a mention's name is not the text of its span",
    remedy: "Find out which of the two is right, and correct the other; relata does not guess.",
  },
  "data/tokens-not-in-text": {
    severity: "warning",
    meaning: "tokens do not spell the text that is given with them; the text is made from the tokens",
    remedy: "Correct the text or the tokens, if the original spacing matters.",
  },
  "data/multiword-token": {
    severity: "warning",
    meaning:
      "several CoNLL-U words are one token of the text, which gets the first tag of theirs (reported once per file, with the number)",
    remedy: "Nothing, unless one of the words is an entity of its own.",
  },
  "data/blank-token": {
    severity: "warning",
    meaning: "a token consists only of white space that is not a separator, such as a no-break space",
    remedy: "Remove the token; a tokenizer may produce nothing for it.",
  },
  "data/missing-tag": {
    severity: "error",
    meaning: "a line of a CoNLL block has a word and no tag",
    remedy: "Write the word, a tab and its tag.",
  },
  "data/not-a-bio-tag": {
    severity: "error",
    meaning: "a tag is not O, B-<type> or I-<type>",
    remedy: "Write the tags of all texts in the same scheme.",
  },
  "data/orphan-tag": {
    severity: "warning",
    meaning:
      "an I-X follows neither B-X nor I-X; the option bio says how to read it, and strict makes it an error",
    remedy:
      "Write B-X where an entity starts, or choose how to read such tags: --bio conll, repair or strict.",
  },
  "data/not-conllu": {
    severity: "error",
    meaning:
      "a line does not have the ten columns of CoNLL-U, or its id is not a number, a range or that of an empty node",
    remedy:
      "Correct the line. Columns are separated by tabs; a file of words and tags alone has the format conll.",
  },
  "data/tag-scheme": {
    severity: "warning",
    meaning:
      "the tags are IOB1, BIOES, BILOU, BMES or labels without prefixes; they are read as such (reported once per file)",
    remedy: "Nothing, if the scheme is the one that is named.",
  },
  "data/misplaced-image": {
    severity: "error",
    meaning: "a CoNLL block names its picture twice, or after its first word",
    remedy: "Begin each block with a single IMGID line, and separate blocks with a blank line.",
  },
  "data/unused-columns": {
    severity: "warning",
    meaning:
      "lines have columns between word and tag that are not read (reported once per file, with the number)",
    remedy: "Nothing, if the last column is the tag you want. --tags-field <number> reads another.",
  },
  "data/tag-column": {
    severity: "warning",
    meaning:
      "several columns of a CoNLL file have tags, or a column that is not the last; the message says which is read (reported once per file)",
    remedy:
      "Nothing, if that column has the tags you want. Otherwise name the column: --tags-field <number>.",
  },
  "data/box-without-entity": {
    severity: "error",
    meaning: "a box is named with words that are not an entity of its text",
    remedy: "Correct the name or the tags: every box must belong to an entity.",
  },
  "data/box-outside-picture": {
    severity: "error",
    meaning: "a box is empty or reaches outside its picture",
    remedy: "Give [xmin, ymin, xmax, ymax] in pixels, 0 <= min < max <= width or height.",
  },
  "data/unused-boxes": {
    severity: "warning",
    meaning: "the file of boxes has pictures that no row names (reported once per file, with the number)",
    remedy: "Give the file of boxes that belongs to this data file.",
  },
  "data/mention-not-found": {
    severity: "error",
    meaning: "a subject or object (WebNLG) does not occur in its text as whole words",
    remedy: "Correct the name or the text.",
  },
  "data/ambiguous-mention": {
    severity: "warning",
    meaning: "a subject or object (WebNLG) occurs several times in its text; the first occurrence is used",
    remedy: "Use relata's own format, which states which occurrence is meant.",
  },
  "data/mention-differs": {
    severity: "warning",
    meaning:
      "the words given for a mention differ from the text in case or white space; the words of the text are used",
    remedy: "Nothing, if the same is meant.",
  },
  "data/guessed-columns": {
    severity: "warning",
    meaning: "what the columns of a table are was guessed from their names (reported once per file)",
    remedy: "Nothing, if the guess is right; otherwise name them: --columns text=... head=...",
  },
  "data/no-mention-columns": {
    severity: "warning",
    meaning:
      "no column of a table is known to have mentions, so its documents have no entities (reported once per file)",
    remedy: "Name the columns: --columns head=... tail=..., mention=..., or --entity-columns PER=...",
  },
  "data/row-ids": {
    severity: "warning",
    meaning:
      "the ids of a table number its rows although texts are repeated; rows with the same text are one document",
    remedy:
      "Nothing, if repeated texts are the same post; otherwise give each post an id that its rows share.",
  },
  "data/conflicting-text": {
    severity: "error",
    meaning: "a row of a table has the id of an earlier row with another text or picture",
    remedy: "Give each text its own id.",
  },
  "data/wrong-columns": {
    severity: "error",
    meaning: "a row of a table has more or fewer cells than the header",
    remedy: 'Quote cells that hold the separator or a line break, as in "a, b".',
  },
  "data/stray-quote": {
    severity: "warning",
    meaning:
      "cells of a table begin with a quote but are not quoted; it is read as part of the cell (reported once per file)",
    remedy:
      "Nothing, if the quote belongs to the text; otherwise close it, and double quotes within quoted cells.",
  },
  "data/token-ends": {
    severity: "warning",
    meaning:
      "whether spans of tokens end with their last token was judged by the file (reported once per file)",
    remedy: "Nothing, if the reading is right; otherwise say it: --token-ends inclusive or exclusive.",
  },
  "data/tag-numbers": {
    severity: "error",
    meaning: "tags are numbers, and nothing says which tags they are",
    remedy:
      "Export the data set as Parquet, which keeps the names, or write the names: dataset.features of Hugging Face has them.",
  },
  "data/none-label": {
    severity: "warning",
    meaning:
      'a relation label such as "no_relation" is read as None, no relation (reported once per file and label, with the number)',
    remedy: "Nothing, if the label means that; otherwise name the one that does with --none-label.",
  },
  "data/duplicate-entity": {
    severity: "warning",
    meaning: "the same span carries the same label twice",
    remedy: "Remove one.",
  },
  "data/relation-index-out-of-range": {
    severity: "error",
    meaning: "a relation's head or tail is not an index into entities",
    remedy: "Indices start at 0.",
  },
  "data/indices-from-one": {
    severity: "warning",
    meaning:
      "no relation of the file uses the index 0, so the indices seem to count from 1 (reported once per file)",
    remedy: "Subtract 1 from every head and tail: the first entity has the index 0.",
  },
  "data/overlapping-entities": {
    severity: "warning",
    meaning:
      "entities overlap, or contain no whole word, so that tags cannot express them all (`relata validate` only)",
    remedy:
      "Nothing for relations. For entities (mner), keep one of those that overlap: training keeps the longest.",
  },
  "data/label-prefixes": {
    severity: "warning",
    meaning:
      "the labels of entities are tags of tokens, such as B-PER and I-PER, rather than labels of whole mentions (`relata validate` only)",
    remedy:
      'Join the tokens of each mention and label it without the prefix (transformers: aggregation_strategy="simple"), or write tokens with tags: formats conll or tagged.',
  },
  "data/label-variants": {
    severity: "warning",
    meaning:
      "two labels are equal up to case and punctuation, or one looks like a misspelling of the other (`relata validate` only)",
    remedy: "Write the label in one way. Nothing, if they are two labels.",
  },
  "data/rare-label": {
    severity: "warning",
    meaning:
      "labels occur only once in the first file (`relata validate` only; reported once for entities and for relations)",
    remedy: "Correct the label, or annotate more of it: nothing can be learnt from one example.",
  },
  "data/picture-names": {
    severity: "warning",
    meaning:
      "names of missing pictures have a cause: a doubled folder, another case, a URL, an absolute path (`relata validate --pictures`; reported once for each cause)",
    remedy: "Write the names as paths relative to the folder of pictures, exactly as the files are named.",
  },
  "data/relation-to-itself": {
    severity: "warning",
    meaning: "a relation's head and tail are the same entity or span",
    remedy: "Check the indices.",
  },
  "data/duplicate-relation": {
    severity: "warning",
    meaning: "the same head, tail and label occur twice in a document",
    remedy: "Remove one.",
  },
  "data/overlapping-mentions": {
    severity: "warning",
    meaning: "a relation's head and tail spans overlap",
    remedy: "Nothing, if one mention really contains the other.",
  },
  "data/conflicting-labels": {
    severity: "warning",
    meaning: "an earlier row has the same sentence, head and tail with another relation",
    remedy: "Keep the right one; both can be right only if the pictures differ.",
  },
  "data/duplicate-row": {
    severity: "warning",
    meaning: "an earlier row has the same sentence, head, tail, image and relation",
    remedy: "Remove one.",
  },
} as const satisfies Readonly<Record<string, DefectKind>>;
