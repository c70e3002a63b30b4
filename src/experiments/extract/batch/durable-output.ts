// The output of a batch on the disk: grows in order, survives any crash, and says exactly how far it came. Complete under its name, or not
// there: it grows beside its place, and a small record tells which input and model it belongs to.
import { existsSync } from "node:fs";
import { type FileHandle, open, rename, rm, truncate } from "node:fs/promises";
import { z } from "zod";
import { readJsonl, writeParquetDocuments } from "../../../data/index.ts";
import { DataError } from "../../../errors.ts";
import { differences, type Json } from "../../../training/index.ts";
import { readRecord } from "../../json-record.ts";
import { accountSchema, type BatchAccount, emptyAccount } from "./account.ts";
import { RowSum } from "./post-rows.ts";

const FORMAT = "relata-extraction";
const VERSION = 1;

const recordSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** Input, model and options: what may not change before the work goes on. */
  identity: z.unknown(),
  /** Sum over the rows that are done. */
  rowSum: z.string(),
  /** Sizes of the two files when those rows were written. */
  bytes: z.int().nonnegative(),
  rejectedBytes: z.int().nonnegative(),
  account: accountSchema,
});
type Record = z.output<typeof recordSchema>;

/** Rows that were done together. */
export interface Batch {
  /** Lines of JSON without line ends. */
  readonly lines: readonly string[];
  readonly rejected: readonly string[];
  readonly account: BatchAccount;
  /** Sum over all rows so far. */
  readonly rowSum: string;
}

/** The files of an output. */
export function outputFiles(out: string) {
  return {
    /** The documents while the work goes on. */
    partial: `${out}.partial`,
    rejected: `${out}.rejected.jsonl`,
    record: `${out}.progress.json`,
  };
}

export class DurableOutput {
  /** What earlier runs did; to be gone on with. */
  readonly account: BatchAccount;
  /** Sum over the rows they did; undefined at the beginning. */
  readonly rowSum: string | undefined;
  readonly #out: string;
  readonly #identity: Json;
  readonly #documents: FileHandle;
  #rejected: FileHandle | undefined;
  #bytes: number;
  #rejectedBytes: number;

  private constructor(out: string, identity: Json, documents: FileHandle, record: Record | undefined) {
    this.#out = out;
    this.#identity = identity;
    this.#documents = documents;
    this.account = structuredClone(record?.account ?? emptyAccount());
    this.rowSum = record?.rowSum;
    this.#bytes = record?.bytes ?? 0;
    this.#rejectedBytes = record?.rejectedBytes ?? 0;
  }

  /**
   * Begins an output, or with `resume` goes on with one that was interrupted: what was written after the last finished batch is cut off.
   *
   * @param out a .jsonl or .parquet file
   * @throws DataError `data/output-exists`, `data/cannot-resume` when input, model or options are not those of the
   * beginning, `data/damaged-output`, `data/cannot-write`
   */
  static async open(out: string, identity: Json, resume: boolean): Promise<DurableOutput> {
    const { partial, rejected, record: recordPath } = outputFiles(out);
    if (existsSync(out)) throw outputExists(out, out);
    const record = existsSync(recordPath) ? await recordOf(recordPath) : undefined;
    if (!resume || record === undefined) {
      // A run that was killed before it wrote its record has left nothing, so there is nothing to go on with.
      for (const file of [recordPath, partial, rejected]) {
        if (existsSync(file)) throw outputExists(out, file);
      }
      const begun = new DurableOutput(out, identity, await opened(partial, "wx"), undefined);
      await begun.#writeRecord(emptyAccount(), new RowSum().value());
      return begun;
    }
    const changes = differences(record.identity as Json, identity);
    if (changes.length > 0) throw changed(out, changes);
    await cutTo(partial, record.bytes);
    if (record.rejectedBytes > 0 || existsSync(rejected)) await cutTo(rejected, record.rejectedBytes);
    return new DurableOutput(out, identity, await opened(partial, "a"), record);
  }

  /** Appends a batch; when the promise resolves it is on the disk. */
  async append({ lines, rejected, account, rowSum }: Batch): Promise<void> {
    this.#bytes += await appendLines(this.#documents, lines);
    if (rejected.length > 0) {
      this.#rejected ??= await opened(outputFiles(this.#out).rejected, "a");
      this.#rejectedBytes += await appendLines(this.#rejected, rejected);
    }
    await this.#writeRecord(account, rowSum);
  }

  /** Gives the complete output its name. */
  async finish(): Promise<void> {
    const { partial, record } = outputFiles(this.#out);
    await this.close();
    if (this.#out.endsWith(".parquet")) {
      await writeParquetDocuments(this.#out, documentsOf(partial));
      await rm(partial);
    } else await rename(partial, this.#out);
    await rm(record, { force: true });
  }

  /** Closes the files; the output can be resumed. */
  async close(): Promise<void> {
    await this.#documents.close();
    await this.#rejected?.close();
    this.#rejected = undefined;
  }

  async #writeRecord(account: BatchAccount, rowSum: string): Promise<void> {
    const { record: path } = outputFiles(this.#out);
    const record: Record = {
      format: FORMAT,
      version: VERSION,
      identity: this.#identity,
      rowSum,
      bytes: this.#bytes,
      rejectedBytes: this.#rejectedBytes,
      account,
    };
    const file = await opened(`${path}.tmp`, "w");
    try {
      await file.writeFile(`${JSON.stringify(record)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
  }
}

async function* documentsOf(path: string) {
  for await (const outcome of readJsonl(path, { policy: "strict" })) {
    if (outcome.kind === "accepted") yield outcome.value;
  }
}

/** Number of bytes that were written and are on the disk. */
async function appendLines(file: FileHandle, lines: readonly string[]): Promise<number> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  await file.appendFile(bytes);
  await file.sync();
  return bytes.length;
}

async function opened(path: string, flags: "wx" | "a" | "w"): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (cause) {
    throw new DataError({
      code: "data/cannot-write",
      message: `extract: cannot write ${path}: ${(cause as Error).message}`,
      place: path,
      remedy: "Check that the folder exists, may be written to and has room.",
      cause,
      fault: "work",
    });
  }
}

function recordOf(path: string): Promise<Record> {
  return readRecord(path, recordSchema, (what, cause) =>
    damaged(path, `is no record of an extraction (${what})`, cause),
  );
}

async function cutTo(path: string, bytes: number): Promise<void> {
  const file = existsSync(path) ? await open(path, "r") : undefined;
  const size = (await file?.stat())?.size ?? 0;
  await file?.close();
  if (size < bytes) throw damaged(path, `has ${size} bytes, and ${bytes} were written`);
  if (file) await truncate(path, bytes);
}

function outputExists(out: string, file: string): DataError {
  return new DataError({
    code: "data/output-exists",
    message: `extract: ${file} is there already`,
    place: file,
    remedy:
      file === out
        ? "Name another output, or remove this one."
        : "Go on with --resume, name another output, or remove what an earlier run left.",
  });
}

function changed(out: string, changes: readonly string[]): DataError {
  return new DataError({
    code: "data/cannot-resume",
    message: `extract: ${out} was begun with something else: ${changes.join("; ")}`,
    place: out,
    value: changes,
    remedy: "Use the same input, model and options, or begin anew into another file.",
  });
}

function damaged(path: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "data/damaged-output",
    message: `extract: ${path} ${what}`,
    place: path,
    remedy: "Remove what the earlier run left, and begin anew.",
    cause,
  });
}
