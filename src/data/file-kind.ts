// Recognises a file's kind by its first bytes, so that a wrong file is reported once rather than as a thousand broken lines.
import { DataError } from "../base/errors.ts";
import { GIT_LFS_PROBLEM, GIT_LFS_REMEDY, isGitLfsPointer } from "../base/git-lfs.ts";
import { shellWord } from "../base/shell-word.ts";
import { quote } from "./defects.ts";

/** The kind of a file, and what its owner can do. */
export interface FileKind {
  /** Follows "is" in a message. */
  readonly what: string;
  readonly remedy: string;
  /** The format whose reader reads it, if there is one. */
  readonly format?: string;
}

/** Number of bytes examined. */
export const HEAD_BYTES = 512;

const UNPACK = "Unpack the file, and name the file inside it.";
const UTF8 = "Convert the file to UTF-8, for instance: iconv -f UTF-16 -t UTF-8 in > out";
const EXPORT = "Export the data as JSON lines, one document per line, or as Parquet.";

const ARROW =
  "Write the table as Parquet (datasets: load_from_disk(folder).to_parquet(file); pandas: to_parquet).";
const SHEET = "Save the sheet as CSV in UTF-8, and name that file.";

/** Where the name of a format goes. */
const FORMAT_PLACES = "--format; relata convert: --from; relata import: the first argument";

/** First bytes in latin1, with their kind of file. */
const MAGIC: readonly (readonly [string, string, string])[] = [
  ["PAR1", "a Parquet file", `Name its format: parquet (${FORMAT_PLACES}).`],
  ["\x1f\x8b", "compressed with gzip", UNPACK],
  ["\x28\xb5\x2f\xfd", "compressed with zstd", UNPACK],
  ["BZh", "compressed with bzip2", UNPACK],
  ["\xfd7zXZ\0", "compressed with xz", UNPACK],
  ["\x04\x22\x4d\x18", "compressed with lz4", UNPACK],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK],
  ["PK\x03\x04", "a ZIP archive (or a file of NumPy or PyTorch)", UNPACK],
  ["ARROW1\0\0", "an Arrow IPC (Feather) file", ARROW],
  ["\xff\xff\xff\xff", "an Arrow stream, as Hugging Face's save_to_disk writes", ARROW],
  ["ORC", "an ORC file", "Write the table as Parquet."],
  ["Obj\x01", "an Avro file", EXPORT],
  ["SQLite format 3\0", "an SQLite database", EXPORT],
  ["\x93NUMPY", "a NumPy array", EXPORT],
  ["\x89PNG\r\n", "a PNG picture", "Name the file of documents."],
  ["\xff\xd8\xff", "a JPEG picture", "Name the file of documents."],
  ["%PDF-", "a PDF document", EXPORT],
  ["\xff\xfe\0\0", "text in UTF-32", UTF8.replace("UTF-16", "UTF-32")],
  ["\0\0\xfe\xff", "text in UTF-32", UTF8.replace("UTF-16", "UTF-32")],
  ["\xff\xfe", "text in UTF-16", UTF8],
  ["\xfe\xff", "text in UTF-16", UTF8],
];

/** The kind of a file that is not UTF-8 text; undefined if it may be. */
export function binaryKind(head: Uint8Array): FileKind | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD_BYTES));
  if (isGitLfsPointer(bytes)) return { what: GIT_LFS_PROBLEM.replace(/^is /, ""), remedy: GIT_LFS_REMEDY };
  const text = bytes.toString("latin1");
  const found = MAGIC.find(([magic]) => text.startsWith(magic) && !isWord(magic, text));
  const office = officeKind(text);
  if (office) return office;
  if (found) return { what: found[1], remedy: found[2] };
  if (bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5)
    return { what: "a Python pickle", remedy: EXPORT };
  if (isSafetensors(bytes)) return { what: "a safetensors file", remedy: "Name the file of documents." };
  return looksUtf16(bytes) ? { what: "text in UTF-16 without a byte order mark", remedy: UTF8 } : undefined;
}

/** A ZIP archive whose first files are those of an Office document. */
function officeKind(text: string): FileKind | undefined {
  if (!text.startsWith("PK\x03\x04")) return undefined;
  const first = text.slice(30, 30 + 80); // the first name follows 30 bytes
  if (first.startsWith("mimetypeapplication/vnd.oasis.opendocument."))
    return { what: "an OpenDocument file", remedy: SHEET };
  return /^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|xl\/|word\/)/.test(first)
    ? { what: "an Office document (Excel or Word)", remedy: SHEET }
    : undefined;
}

/** A text may also begin with "BZh" or "ORC", but no control characters follow. */
function isWord(magic: string, text: string): boolean {
  return /^[A-Za-z\d]+$/.test(magic) && !/[^\P{Cc}\t\n\r]/u.test(text);
}

/** Whether a file begins with the length of a header below 4 GiB, in eight bytes, and its opening brace. */
function isSafetensors(bytes: Buffer): boolean {
  return bytes.length > 8 && bytes.readUInt32LE(4) === 0 && bytes[8] === 0x7b;
}

/** Whether every second byte is NUL, as in UTF-16 text with Latin letters; UTF-8 text never has that. */
function looksUtf16(bytes: Buffer): boolean {
  const length = Math.min(bytes.length & ~1, 64);
  if (length < 4) return false;
  const nuls = [0, 0] as [number, number];
  for (let i = 0; i < length; i++) if (bytes[i] === 0) nuls[(i & 1) as 0 | 1]++;
  const [even, odd] = nuls;
  return Math.max(even, odd) >= (length / 2) * 0.8 && Math.min(even, odd) <= length * 0.05;
}

/** The forms of text that readers expect. */
export type TextForm = "json" | "python" | "conll";

const JSON_LINES: FileKind = {
  what: "JSON lines",
  remedy: `Name its format: relata (${FORMAT_PLACES}). Files of raw posts must end in .jsonl.`,
};

const MAX_LOOKED_AT = 10_000; // characters of a line: a table's header and a word with its tags are shorter

/** The kind of a text by its first non-blank line, if a reader expects another. */
function foreignText(form: TextForm, line: string): FileKind | undefined {
  const text = line.slice(0, MAX_LOOKED_AT).trim();
  const isTagged = isTaggedLine(text);
  if (!isTagged && /^<(?:!doctype html|html|\?xml)[\s>]/i.test(text)) {
    return {
      what: "a web page or XML",
      remedy: "Check where the file came from: it may be the error page of a failed download.",
    };
  }
  if (form !== "json") {
    const json = jsonLine(line.trim());
    if (json !== undefined && (form === "conll" || "text" in json)) {
      return { what: "JSON lines", remedy: `Name its format: relata (${FORMAT_PLACES}).` };
    }
    if (form === "conll" && (text === "[" || /^\[\s*\{\s*"/.test(text))) {
      return {
        what: "JSON",
        remedy: `Name its format: relata or webnlg (${FORMAT_PLACES}).`,
      };
    }
    if (form === "conll" && isDictLine(text)) {
      return {
        what: "a file of Python dicts",
        remedy: `Name its format: mnre (${FORMAT_PLACES}).`,
      };
    }
  }
  if (form === "conll" || /^[{["]/.test(text)) return undefined;
  if (isTagged) {
    return { what: "CoNLL", remedy: `Name its format: conll (${FORMAT_PLACES}).`, format: "conll" };
  }
  const separator = [",", "\t", ";", "|"].find((one) => isTableHeader(text.split(one)));
  if (separator === undefined) return undefined;
  const name = separator === "\t" ? "TSV" : "CSV";
  return {
    what: `${name}: its first line is ${quote(text)}`,
    remedy: "Name its format: table, and its columns (docs/importing.md): --columns text=<column>.",
    format: "table",
  };
}

/** Whether a line is of a CoNLL file: a word with its tag, the name of a picture, or the beginning of a document. */
export function isTaggedLine(line: string): boolean {
  return /^(?:IMGID:|-DOCSTART-)|^\S+[\t ](?:.*[\t ])?(?:O|[BIESLUM]-\S+)$/.test(line);
}

/** Whether a line begins with a dict of tokens as in MNRE. */
export function isDictLine(line: string): boolean {
  return /^\{\s*['"]token['"]\s*:/.test(line);
}

const COLUMN_NAMES = new Set(
  "id,text,image,img_id,image_id,caption,captions,entities,relations,label,labels,tags,tokens,ner_tags,sentence,tweet,content,post,body,url,date,user,author,title,message,likes".split(
    ",",
  ),
);

function isTableHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return (
    names.length > 1 &&
    names.every((name) => /^[\p{L}\p{N}_ .:-]{0,60}$/u.test(name)) &&
    names.some((name) => COLUMN_NAMES.has(name.toLowerCase()))
  );
}

/** The kind of a text by its beginning, if Parquet is expected. */
export function textKind(head: Uint8Array): FileKind | undefined {
  const text = Buffer.from(head).toString("utf8").trimStart();
  const [line = ""] = text.split("\n", 1);
  if (/^\{\s*"/.test(text)) return JSON_LINES;
  return foreignText("json", line);
}

function jsonLine(text: string): object | undefined {
  if (!/^\{\s*"/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object; // it starts with a brace
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The error for a file of another kind. */
export function otherKind(path: string, { what, remedy }: FileKind): DataError {
  return new DataError({
    code: "data/other-format",
    message: `${path} is ${what}`,
    place: path,
    value: what,
    remedy,
  });
}

/**
 * @param only what to do where no other format can be named
 * @throws DataError `data/other-format` for a file that cannot have the expected form.
 */
export function requireForm(form: TextForm, firstLine: string, path: string, only?: string): void {
  const kind = foreignText(form, firstLine);
  if (kind === undefined) return;
  throw otherKind(path, only === undefined || kind.format === undefined ? kind : { ...kind, remedy: only });
}

/** The same for a file of raw posts, for which a command takes no name of a format. @throws DataError `data/other-format` */
export function requirePosts(firstLine: string, path: string): void {
  const kind = foreignText("json", firstLine);
  if (kind === undefined) return;
  const { what, format } = kind;
  if (format === undefined) throw otherKind(path, kind);
  const columns = format === "table" ? " --columns text=<column>" : "";
  const command = `relata import ${format} ${shellWord(path)}${columns} --out posts.jsonl`;
  throw otherKind(path, { what, remedy: `Make JSON lines of it, and name those: ${command}` });
}
