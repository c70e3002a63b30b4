// Reads the files of an encoder's folder as untrusted ones: of a bounded size, text without a byte order mark, JSON that is an object.
import { readFile, stat } from "node:fs/promises";
import { EncoderError } from "../errors.ts";

// XLM-R's tokenizer.json, the largest such file, has 17 MB; ten times that is something else.
const MAX_FILE_BYTES = 200_000_000;

export type JsonFile = Readonly<Record<string, unknown>>;

/**
 * The JSON object that a file holds.
 *
 * @param reader the function that the user called, for the message
 * @throws EncoderError `encoder/unreadable-file`, `encoder/not-json`
 */
export async function readJsonFile(reader: string, path: string): Promise<JsonFile> {
  const json = await readJsonIfThere(reader, path);
  if (json === undefined) throw unreadable(reader, path, "does not exist");
  return json;
}

/** As `readJsonFile`; undefined when there is no such file. @throws EncoderError the codes of `readJsonFile` */
export async function readJsonIfThere(reader: string, path: string): Promise<JsonFile | undefined> {
  const text = await readTextIfThere(reader, path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonFile;
    throw new TypeError(`expected an object, got ${Array.isArray(value) ? "an array" : typeof value}`);
  } catch (cause) {
    throw new EncoderError({
      code: "encoder/not-json",
      message: `${reader}: ${path} is not a JSON object`,
      place: path,
      cause,
      remedy: "Download the file again.",
    });
  }
}

/** A file's text; undefined when there is no such file. @throws EncoderError `encoder/unreadable-file` */
export async function readTextIfThere(reader: string, path: string): Promise<string | undefined> {
  const bytes = await readBytesIfThere(reader, path);
  return bytes?.toString("utf8").replace(/^\uFEFF/, "");
}

/** A file's bytes; undefined when there is no such file. @throws EncoderError `encoder/unreadable-file` */
export async function readBytesIfThere(reader: string, path: string): Promise<Buffer | undefined> {
  try {
    if ((await stat(path)).size <= MAX_FILE_BYTES) return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(reader, path, "cannot be read", cause);
  }
  throw unreadable(reader, path, `is larger than ${MAX_FILE_BYTES} bytes`);
}

function unreadable(reader: string, path: string, what: string, cause?: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/unreadable-file",
    message: `${reader}: ${path} ${what}`,
    place: path,
    cause,
    remedy: "Check the file and its permissions.",
  });
}
