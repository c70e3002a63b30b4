// The record of an extraction under way: its input and model, and exactly how far it got.
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { parseRecord } from "../../base/json-record.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { accountSchema } from "./account.ts";

const FORMAT = "relata-extraction";
/** Version 1 did not record whether all rows are done. */
const VERSION = 2;

const recordSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.union([z.literal(1), z.literal(VERSION)]),
  /** Input, model and options: they must not change before the work is resumed. */
  identity: z.unknown(),
  /** Hash over the finished rows. */
  rowSum: z.string(),
  /** Sizes of the two files after those rows were written. */
  bytes: z.int().nonnegative(),
  rejectedBytes: z.int().nonnegative(),
  account: accountSchema,
  /** All rows are done; only the final names are missing. */
  complete: z.boolean().default(false),
});
export type ProgressRecord = z.output<typeof recordSchema>;

const headSchema = z.object({ format: z.literal(FORMAT), version: z.int().gt(VERSION) });

/** Writes the record to disk in one atomic move. @throws DataError `data/cannot-write` */
export async function writeProgress(
  path: string,
  progress: Omit<ProgressRecord, "format" | "version">,
): Promise<void> {
  const record: ProgressRecord = { format: FORMAT, version: VERSION, ...progress };
  await writingTo(path, () => replaceOwnFile(path, `${JSON.stringify(record)}\n`));
}

/** Reads the record at `path`; undefined when there is none. @throws DataError `data/damaged-output`, `data/cannot-resume` */
export async function readProgress(path: string): Promise<ProgressRecord | undefined> {
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw damaged(path, `cannot be read (${(error as Error).message})`, error);
  }
  return parseRecord(text, recordSchema, (what, cause) => {
    const newer = newerVersion(text);
    return newer === undefined
      ? damaged(path, `is not the record of an extraction (${what})`, cause)
      : otherVersion(path, newer);
  });
}

function newerVersion(text: string): number | undefined {
  try {
    return headSchema.safeParse(JSON.parse(text)).data?.version;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function damaged(path: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "data/damaged-output",
    message: `${path} ${what}`,
    place: path,
    remedy: "Remove what the earlier run wrote, and start again.",
    cause,
  });
}

function otherVersion(path: string, version: number): DataError {
  return new DataError({
    code: "data/cannot-resume",
    message: `${path} was written by a newer version of relata (format ${version}; this one reads up to ${VERSION})`,
    place: path,
    value: version,
    remedy: "Resume with the version that started the work, or start again with another output.",
  });
}
