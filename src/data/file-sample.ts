// The beginning of a file or the names in a folder, from which its format is guessed.
import { open, readdir, stat } from "node:fs/promises";
import { JsonListSplitter, startsList } from "./json-list.ts";
import { cannotRead } from "./lines.ts";
import { readAt } from "./positioned-file.ts";

/** What a format is recognised by. */
export interface FileSample {
  readonly path: string;
  /** The names in a folder; undefined for a file. */
  readonly names: readonly string[] | undefined;
  /** The first bytes of a file, at most 1 MiB; empty for a folder. */
  readonly head: Uint8Array;
  /** Its first non-blank lines, at most 20; the last may be cut. */
  readonly lines: readonly string[];
  /** The values of JSON lines or of a JSON list with which the file begins, at most 20; empty for other files. */
  readonly values: readonly unknown[];
}

const SAMPLE_BYTES = 1024 * 1024; // a task of an annotation tool with its predictions may have some hundred kilobytes
const MAX_SAMPLED = 20;

/** Reads the beginning of a file, or lists a folder. @throws DataError `data/cannot-read` */
export async function sampleFile(path: string): Promise<FileSample> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      return { path, names: await readdir(path), head: new Uint8Array(), lines: [], values: [] };
    }
    // A pipe or a device is not opened: the reader refuses it with the reason.
    const head = found.isFile() ? await headOf(path) : Buffer.alloc(0);
    const text = head.toString("utf8").replace(/^\ufeff+/, "");
    const lines = linesIn(text);
    return { path, names: undefined, head, lines, values: valuesIn(text, lines) };
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw cannotRead(path, error);
    throw error;
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    return await readAt(file, 0, SAMPLE_BYTES);
  } finally {
    await file.close();
  }
}

function linesIn(text: string): string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length && lines.length < MAX_SAMPLED; ) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end === -1 ? text.length : end).replace(/\r+$/, "");
    if (line.trim() !== "") lines.push(line);
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}

function valuesIn(text: string, lines: readonly string[]): unknown[] {
  const [first = ""] = lines;
  const texts = startsList(text) ? elementsIn(text) : /^\s*\{/.test(first) ? lines : [];
  return texts.flatMap(parsed);
}

function elementsIn(text: string): string[] {
  const texts: string[] = [];
  for (const part of new JsonListSplitter("", { maxElementBytes: SAMPLE_BYTES }).push(Buffer.from(text))) {
    if (texts.length === MAX_SAMPLED) break;
    if (part.kind === "element") texts.push(part.text);
  }
  return texts;
}

/** The value of a text; none if it is cut or broken, which its reader reports. */
function parsed(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
