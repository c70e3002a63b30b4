// The lines of a CoNLL file: what one says, and what can be written as one.

/** A line of a block: the picture's id, a word with its tag, or a word whose tag is missing. */
export type ConllLine =
  | { readonly kind: "image"; readonly id: string }
  | { readonly kind: "word"; readonly word: string; readonly tag: string; readonly columns: number }
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
  const line = withoutTrailingSpace(text);
  if (line.startsWith(IMAGE) && !/[ \t]/.test(line)) return { kind: "image", id: line.slice(IMAGE.length) };
  const columns = line.split(line.includes("\t") ? "\t" : / +/);
  const [word = "", tag] = [columns[0], columns.at(-1)];
  if (columns.length === 1 || tag === undefined) return { kind: "untagged", word };
  return { kind: "word", word, tag, columns: columns.length };
}

/** The line up to its last character that is no space or tab; a regular expression would take time quadratic in a run of spaces. */
function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(0, end);
}

/** Whether a word can stand in a line of its own and be read back. */
export function isConllWord(word: string): boolean {
  return word !== "" && !/[\t\n]/.test(word) && !isDocumentStart(word);
}

/** Whether `B-<label>` can be a tag and be read back. */
export function isConllLabel(label: string): boolean {
  return !/[\t\r\n]| $/.test(label);
}

/** Whether a picture's id can stand behind `IMGID:` and be read back. */
export function isConllImage(id: string): boolean {
  return id !== "" && !/[ \t\r\n]/.test(id);
}

/** The line that names a picture. */
export function imageLine(id: string): string {
  return `${IMAGE}${id}`;
}

/** The line of a word. */
export function wordLine(word: string, tag: string): string {
  return `${word}\t${tag}`;
}
