// Reads the files of an encoder's folder as untrusted input: only regular files of bounded size, text
// without a byte order mark, JSON objects.
import { EncoderError } from "../base/errors.ts";
import { type FileFailure, type FileFault, readRegularFile } from "../base/regular-file.ts";

// XLM-R's tokenizer.json, the largest such file, has 17 MB; a file ten times as large is not a tokenizer.
const MAX_FILE_BYTES = 200_000_000;

// Deeper than any published file, and shallow enough for recursive functions.
const MAX_DEPTH = 64;

export type JsonFile = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object from a file.
 *
 * @throws EncoderError `encoder/unreadable-file`, `encoder/git-lfs-pointer`, `encoder/not-json`
 */
export async function readJsonFile(path: string): Promise<JsonFile> {
  const json = await readJsonIfThere(path);
  if (json !== undefined) return json;
  throw encoderFileFailure(path)({ kind: "absent", problem: "does not exist", remedy: "Check the path." });
}

/**
 * Like `readJsonFile`, but undefined if there is no such file. @throws EncoderError the codes of
 * `readJsonFile`
 */
export async function readJsonIfThere(path: string): Promise<JsonFile | undefined> {
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isDeeper(value, MAX_DEPTH)) throw new TypeError(`more than ${MAX_DEPTH} levels`);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonFile;
    throw new TypeError(`expected an object, got ${Array.isArray(value) ? "an array" : typeof value}`);
  } catch (cause) {
    throw new EncoderError({
      code: "encoder/not-json",
      message: `${path} is not a JSON object`,
      place: path,
      cause,
      remedy: "Download the file again.",
    });
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/** A file's text; undefined when there is no such file. @throws EncoderError `encoder/unreadable-file`, `encoder/git-lfs-pointer` */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  const bytes = await readBytesIfThere(path);
  return bytes?.toString("utf8").replace(/^\uFEFF/, "");
}

/** A file's bytes; undefined when there is no such file. @throws EncoderError `encoder/unreadable-file`, `encoder/git-lfs-pointer` */
export async function readBytesIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, MAX_FILE_BYTES, (fault) => new Unread(fault));
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    if (error.fault.kind === "absent") return undefined;
    throw encoderFileFailure(path)(error.fault);
  }
}

class Unread extends Error {
  readonly fault: FileFault;

  constructor(fault: FileFault) {
    super(fault.problem);
    this.fault = fault;
  }
}

/** Makes the errors `encoder/git-lfs-pointer` and `encoder/unreadable-file`. */
export function encoderFileFailure(path: string): FileFailure {
  return ({ kind, problem, remedy, cause }) =>
    new EncoderError({
      code: kind === "git-lfs" ? "encoder/git-lfs-pointer" : "encoder/unreadable-file",
      message: `${path} ${problem}`,
      place: path,
      remedy,
      cause,
    });
}
