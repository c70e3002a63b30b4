// Parses single lines of a CoNLL file, and checks what can be written as one.

/** A line of a block: the picture's id, a word with its tag, or a word without a tag. */
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
 * Parses a line. Columns are separated by tabs, or by spaces in a line without tabs; the first is the word, the last the tag. Other
 * white space belongs to the word, because a word may be a no-break space.
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

/** Whether a line is a CoNLL-U comment (`# text = ...`, `# newdoc`); a hash that is a word is followed by a tag. */
export function isComment(text: string): boolean {
  if (text.startsWith("#\t")) return !TAGGED_COLUMN.test(text); // a source, as in GermEval
  return (
    /^#(?: |newdoc|newpar|global\.)/.test(text) &&
    !text.includes("\t") &&
    (/^#[^=]{1,80}=/.test(text) || !TAGGED.test(text))
  );
}

const TAGGED_COLUMN = /\t(?:O|[BIESLUM]-\S+)[\t ]*$/;
const TAGGED = / (?:O|[BI]-\S+) *$/;

/** Trims trailing spaces and tabs; a regular expression would take time quadratic in a run of spaces. */
function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(0, end);
}

/** Whether a word can be written on a line and read back. */
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

/** The line of a word. Readers remove one byte order mark at the start of a line, so a word that begins with one gets a second. */
export function wordLine(word: string, tag: string): string {
  return `${word.startsWith("\ufeff") ? "\ufeff" : ""}${word}\t${tag}`;
}
