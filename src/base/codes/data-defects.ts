// Codes of data defects that a reader finds, with severity, meaning and remedy. Under "strict" a defect becomes an error with the same code.

/** "error" rejects the row; "warning" keeps it. Both are counted and reported. */
export type Severity = "error" | "warning";

/** What a code means, its default severity, and what the data's owner can do. */
export interface DefectKind {
  readonly severity: Severity;
  readonly meaning: string;
  readonly remedy: string;
}

/** Every code a reader can report; codes are never renamed. `docs/data.md` has the same table. */
export const DEFECTS = {
  // the file and its lines
  "data/byte-order-mark": {
    severity: "warning",
    meaning: "the file, or a line where files were joined, starts with a byte order mark, which was skipped",
    remedy: "Save the file as UTF-8 without BOM.",
  },
  "data/crlf": {
    severity: "warning",
    meaning: "lines end in CRLF; the CR was removed (reported once per file, with the number of lines)",
    remedy: "Save the file with LF line ends.",
  },
  "data/carriage-return": {
    severity: "error",
    meaning: "a line of a CoNLL block contains a carriage return, the line end of old Mac files",
    remedy: "Convert the line ends: tr '\\r' '\\n' < in > out",
  },
  "data/blank-line": {
    severity: "warning",
    meaning: "a line contains only white space; it is not counted as a row",
    remedy: "Remove the line.",
  },
  "data/line-too-long": {
    severity: "error",
    meaning: "a line is longer than the limit and was not read",
    remedy: "Split the document, or raise maxLineBytes.",
  },
  "data/invalid-utf8": {
    severity: "error",
    meaning: "a line is not valid UTF-8",
    remedy: "Convert the file to UTF-8.",
  },
  "data/not-json": {
    severity: "error",
    meaning: "a line is not JSON",
    remedy: "Write one JSON object per line.",
  },
  "data/json-list": {
    severity: "warning",
    meaning: "the file is a JSON list where JSON lines are expected; its elements are read as rows",
    remedy: "Nothing; but a file with one document per line is read without loading all of it: jq -c '.[]'",
  },
  "data/not-a-python-literal": {
    severity: "error",
    meaning: "a line is not a supported Python literal",
    remedy: "Write one dict of str, int, float, list, tuple, dict, True, False and None per line.",
  },
  "data/too-deep": {
    severity: "error",
    meaning: "values are nested deeper than the limit",
    remedy: "Flatten the value.",
  },
  "data/block-too-long": {
    severity: "error",
    meaning: "a row of several lines (CoNLL, WebNLG) has more bytes or lines than allowed and was not read",
    remedy: "Split it with a blank line, or raise maxLineBytes.",
  },
  "data/duplicate-key": {
    severity: "error",
    meaning: "an object has the same key twice, so one of the values would be lost",
    remedy: "Keep one of the two.",
  },
  // the shape of a row
  "data/missing-field": {
    severity: "error",
    meaning: "a required field is missing",
    remedy: "Add the field.",
  },
  "data/wrong-type": {
    severity: "error",
    meaning: "a field does not have the type that the format requires",
    remedy: "Give the field the type listed in docs/data.md.",
  },
  "data/unknown-field": {
    severity: "error",
    meaning: "a field is nearly one of the format, and would be lost; or the format keeps no others",
    remedy: "Correct the name, or move the field into meta.",
  },
  "data/kept-in-meta": {
    severity: "warning",
    meaning:
      "rows have fields that are not part of the format; they are kept in meta (reported once per file)",
    remedy: "Nothing. If one of them is a misspelt field of the format, correct its name.",
  },
  "data/picture-field": {
    severity: "warning",
    meaning: "rows name their picture in a field picture, which is read as image (reported once per file)",
    remedy: "Nothing; or rename the field to image.",
  },
  "data/index-column": {
    severity: "warning",
    meaning:
      "a column or field numbers rows (pandas' index) or tokens (CoNLL) and is left out (reported once per file and column); an error for a CoNLL block that differs from the first blocks of the file",
    remedy:
      "Nothing, if it is such a column; or write the table without it: df.to_parquet(path, index=False).",
  },
  "data/empty-id": { severity: "error", meaning: "an id is empty", remedy: "Give every document an id." },
  "data/duplicate-id": {
    severity: "error",
    meaning: "an earlier row has the same id",
    remedy: "Give every document its own id.",
  },
  "data/empty-text": {
    severity: "error",
    meaning: "a text or token list is empty",
    remedy: "Remove the row.",
  },
  "data/empty-image": {
    severity: "error",
    meaning: "an image name is empty",
    remedy: "Omit the field if there is no picture.",
  },
  "data/lone-surrogate": {
    severity: "error",
    meaning: "a string contains half of a surrogate pair, which is not a character",
    remedy: "Repair the string where it was cut.",
  },
  "data/empty-label": { severity: "error", meaning: "a label is empty", remedy: "Name the label." },
  "data/bad-probability": {
    severity: "error",
    meaning: "the probability of an entity or relation is not from 0 to 1",
    remedy: "Give the probability of the label, or omit it.",
  },
  "data/unknown-label": {
    severity: "error",
    meaning: "a relation's label is not in the given label set",
    remedy: "Correct the label, or give the label set of this data.",
  },
  // spans, tokens and relations
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
    remedy: "Nothing, if the last column is the tag you want.",
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
      "a mention of a table differs from the text in case or white space; the words of the text are used",
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
  // captions and features
  "data/empty-caption": {
    severity: "warning",
    meaning: "a picture's caption is empty; the picture is treated as having no caption",
    remedy: "Write a caption for the picture.",
  },
  "data/duplicate-caption": {
    severity: "error",
    meaning: "an earlier row has a caption for the same picture; the first caption is used",
    remedy: "Keep one caption per picture.",
  },
  "data/unread-field": {
    severity: "warning",
    meaning: "caption rows have fields that are not read (reported once per file)",
    remedy: "Nothing, if they are not needed.",
  },
  // what annotation tools' files hold, and what is not read of it
  "data/unannotated": {
    severity: "warning",
    meaning: "nobody annotated a task, or no answer was saved; it is left out",
    remedy: "Nothing; or annotate it. A text without entities is read if its empty annotation was submitted.",
  },
  "data/cancelled-annotation": {
    severity: "warning",
    meaning: "an annotator skipped, ignored or rejected a task; the annotation is left out",
    remedy: "Nothing; or annotate the task again.",
  },
  "data/other-annotators": {
    severity: "warning",
    meaning: "several people annotated a text, and the annotations of one are read; the others are left out",
    remedy: "Choose whose are read: --annotators first, newest, all or agreement.",
  },
  "data/no-agreement": {
    severity: "warning",
    meaning: "annotators do not agree on entities or relations, which are left out (--annotators agreement)",
    remedy: "Nothing; or read the annotations of one person: --annotators first or newest.",
  },
  "data/region-without-label": {
    severity: "warning",
    meaning: "an annotated region has no label; it is left out",
    remedy: "Label the region in the annotation tool.",
  },
  "data/empty-region": {
    severity: "warning",
    meaning: "an annotated region is empty; it is left out",
    remedy: "Delete the region in the annotation tool.",
  },
  "data/several-labels": {
    severity: "warning",
    meaning: "an annotated region has several labels: each becomes an entity, and relations join the first",
    remedy: "Nothing, if a model may learn overlapping entities; a tagger learns one label for each span.",
  },
  "data/discontinuous-span": {
    severity: "warning",
    meaning: "a mention has gaps: it is read as the span from its first to its last character",
    remedy: "Nothing; or add --reject data/discontinuous-span to leave out such texts.",
  },
  "data/relation-without-label": {
    severity: "warning",
    meaning: "a relation has no label; it is left out",
    remedy: "Label the relation in the annotation tool.",
  },
  "data/relation-end-missing": {
    severity: "warning",
    meaning: "a relation begins or ends at something that is not an entity of the text; it is left out",
    remedy: "Annotate the entity, or delete the relation.",
  },
  "data/relation-both-ways": {
    severity: "warning",
    meaning: "a relation has both directions: a relation is made for each",
    remedy: "Nothing, if the relation is symmetric.",
  },
  "data/event": {
    severity: "warning",
    meaning:
      "an event has arguments: each becomes a relation from the event's trigger, with the role as its label",
    remedy: "Nothing, if events may be learnt as relations.",
  },
  "data/other-annotation": {
    severity: "warning",
    meaning:
      "an annotation is neither a labelled span nor a relation, such as a box in a picture; it is not read",
    remedy: "Nothing, if it is not needed.",
  },
  "data/predictions-unused": {
    severity: "warning",
    meaning: "a task has predictions of a model, which are not annotations and are not read",
    remedy: "Accept them in the annotation tool if they are right.",
  },
  "data/task-without-text": {
    severity: "warning",
    meaning: "a task has no text, only a picture or a sound; it is left out",
    remedy: "Nothing; or name the field with the text: --text-field.",
  },
  "data/embedded-picture": {
    severity: "warning",
    meaning: "a picture is in the file itself and has no name; it is not read",
    remedy: "Write the pictures to files, and their names into the field image.",
  },
  "data/not-brat": {
    severity: "error",
    meaning:
      "a line of a brat file (.ann) is not an annotation that brat writes, or the text beside it is missing",
    remedy: "Correct the line; https://brat.nlplab.org/standoff.html describes the format.",
  },
  "data/offsets-from-content": {
    severity: "warning",
    meaning:
      "offsets are read in the unit that fits the mentions' texts or whole words, not in the format's usual one (reported once per file)",
    remedy: "Nothing, if the entities are right; --offsets names the unit.",
  },
  "data/reader-rejects": {
    severity: "error",
    meaning: "a reader that the user registered finds no document in a row, for the reason that it gives",
    remedy: "Fix the row, or the reader.",
  },
  "data/reader-leaves-out": {
    severity: "warning",
    meaning: "a reader that the user registered does not use a row, for the reason that it gives",
    remedy: "Nothing, if the reason is right.",
  },
  "data/reader-note": {
    severity: "warning",
    meaning: "a reader that the user registered says what it decided about the annotations of a row",
    remedy: "Nothing, if the decision is right.",
  },
  "data/torn-tail": {
    severity: "warning",
    meaning: "a cache file ended in an unfinished write, which was discarded",
    remedy: "Nothing: the lost entry is computed again.",
  },
  "data/corrupted-features": {
    severity: "warning",
    meaning: "an entry of the feature cache does not match its checksum and is not used",
    remedy: "Nothing: it is computed again. If it recurs, check the disk.",
  },
} as const satisfies Readonly<Record<string, DefectKind>>;

/** Code of a defect: a key of `DEFECTS`. */
export type DefectCode = keyof typeof DEFECTS;
