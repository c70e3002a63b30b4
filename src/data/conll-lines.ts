// The lines of a CoNLL file: what one says, and what can be written as one.

/** A line of a block: the picture's id, a word with its tag, or a word whose tag is missing. */
export type ConllLine =
  | { readonly kind: "image"; readonly id: string }
  | {
      readonly kind: "word";
      readonly word: string;
      readonly tag: string;
      readonly columns: readonly string[];
    }
  | { readonly kind: "untagged"; readonly word: string };

const DOCUMENT_START = "-DOCSTART-";
const IMAGE = "IMGID:";

/** Whether a line is a `-DOCSTART-` line, which some corpora put before each document. */
export function isDocumentStart(text: string): boolean {
  return text.startsWith(DOCUMENT_START) && /^(?:[ \t]|$)/.test(text.slice(DOCUMENT_START.length));
}

/**
 * What a line says. Columns are divided by tabs, or, in a line without tabs, by spaces; the first is the word, the last the tag. White
 * space of other kinds belongs to its word, for a word may be a no-break space.
 */
export function parseConllLine(text: string): ConllLine {
  if (isImageLine(text)) return { kind: "image", id: withoutTrailingSpace(text).slice(IMAGE.length) };
  const columns = columnsOf(text);
  const [word = "", tag] = [columns[0], columns.at(-1)];
  if (columns.length === 1 || tag === undefined) return { kind: "untagged", word };
  return { kind: "word", word, tag, columns };
}

/** The columns of a line. */
export function columnsOf(text: string): readonly string[] {
  const line = withoutTrailingSpace(text);
  return line.split(line.includes("\t") ? "\t" : / +/);
}

/** Whether a line names a picture. */
export function isImageLine(text: string): boolean {
  return text.startsWith(IMAGE) && !/[ \t]/.test(withoutTrailingSpace(text));
}

/** Whether a line is a comment of CoNLL-U (`# text = ...`, `# newdoc`); a hash that is a word has a tag behind it. */
export function isComment(text: string): boolean {
  return (
    /^#(?: |newdoc|newpar|global\.)/.test(text) &&
    !text.includes("\t") &&
    (/^#[^=]{1,80}=/.test(text) || !TAGGED.test(text))
  );
}

const TAGGED = / (?:O|[BI]-\S+) *$/;

/** The line up to its last character that is not a space or tab; a regular expression would take time quadratic in a run of spaces. */
function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(0, end);
}

/** Whether a word can be written on a line of its own and be read back. */
export function isConllWord(word: string): boolean {
  return word !== "" && !/[\t\n\r]/.test(word) && !isDocumentStart(word);
}

/** Whether `B-<label>` can be a tag and be read back. */
export function isConllLabel(label: string): boolean {
  return !/[\t\r\n]| $/.test(label);
}

/** Whether a picture's id can follow `IMGID:` and be read back. */
export function isConllImage(id: string): boolean {
  return id !== "" && !/[ \t\r\n]/.test(id);
}

/** The line that names a picture. */
export function imageLine(id: string): string {
  return `${IMAGE}${id}`;
}

/** The line of a word. A reader takes one byte order mark off a line's beginning: a word's own needs another before it. */
export function wordLine(word: string, tag: string): string {
  return `${word.startsWith("\ufeff") ? "\ufeff" : ""}${word}\t${tag}`;
}
