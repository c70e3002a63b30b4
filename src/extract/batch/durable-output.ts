// Writes a batch's output to disk: it grows in order, survives any crash, and records exactly how far it got. Unfinished work has another
// name; a small record says which input and model it belongs to. Only one process writes it at a time.
import { existsSync } from "node:fs";
import { type FileHandle, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { moveFile, removeFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { differences, type Json } from "../../base/json.ts";
import { lockOutput, type OutputLock } from "../../base/output-lock.ts";
import { readJsonl } from "../../data/jsonl.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import { writeParquetDocuments } from "../../data/parquet/write-parquet.ts";
import { type BatchAccount, emptyAccount } from "./account.ts";
import { RowSum } from "./post-rows.ts";
import { damaged, type ProgressRecord, readProgress, writeProgress } from "./progress-record.ts";

/** Rows finished together. */
export interface Batch {
  /** Lines of JSON, without line ends. */
  readonly lines: readonly string[];
  readonly rejected: readonly string[];
  readonly account: BatchAccount;
  /** Hash over all rows so far. */
  readonly rowSum: string;
}

/** The files of an output. */
function outputFiles(out: string) {
  return {
    /** The documents while work is under way. */
    partial: `${out}.partial`,
    rejected: `${out}.rejected.jsonl`,
    record: `${out}.progress.json`,
    /** A finished table that does not have its final name yet. */
    table: `${out}.partial.parquet`,
  };
}

/** An output that no other process may write until it is opened and closed, or released. */
export interface ClaimedOutput {
  /**
   * Starts the output or, with `resume`, continues an interrupted one; anything written after the last finished batch is cut off.
   * Returns undefined if the output was already complete; leftovers of a killed process are then removed. `header` is the first line.
   *
   * @throws DataError `data/cannot-resume` when input, model or options differ from those at the start, `data/damaged-output`,
   * `data/cannot-write`
   */
  open(identity: Json, header?: string): Promise<DurableOutput | undefined>;
  release(): Promise<void>;
}

/**
 * Claims `out`, a .jsonl or .parquet file, before any expensive work.
 *
 * @throws DataError `data/output-exists`, `data/output-locked`, `data/cannot-write`
 */
export async function claimOutput(out: string, resume: boolean): Promise<ClaimedOutput> {
  const lock = await lockOutput(out);
  try {
    if (!resume) refuseExisting(out);
    return {
      open: (identity, header) => {
        const start = { out, identity, header, lock };
        return resume ? resumeOutput(start) : beginOutput(start);
      },
      release: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Refuses to overwrite a finished output or the remains of an earlier run. */
function refuseExisting(out: string): void {
  const { record, partial, rejected } = outputFiles(out);
  for (const file of [out, record, partial, rejected]) {
    if (existsSync(file)) throw outputExists(out, file);
  }
}

interface Start {
  readonly out: string;
  readonly identity: Json;
  readonly header: string | undefined;
  readonly lock: OutputLock;
}

async function beginOutput({ out, identity, header, lock }: Start): Promise<DurableOutput> {
  const { partial } = outputFiles(out);
  const begun = new DurableOutput(out, identity, await opened(partial, "wx"), undefined, lock);
  await begun.begin(header);
  return begun;
}

async function resumeOutput(start: Start): Promise<DurableOutput | undefined> {
  const { out, identity, header, lock } = start;
  const { partial, rejected, record: recordPath } = outputFiles(out);
  if (existsSync(out)) {
    // The finish was interrupted after naming the output: leftovers are still there. Anything else belongs to another run.
    if (existsSync(partial) && !out.endsWith(".parquet")) throw outputExists(out, out);
    if (existsSync(partial)) requireSame(out, identity, await readProgress(recordPath));
    await removeLeftovers(out);
    return undefined;
  }
  const record = await readProgress(recordPath);
  if (record === undefined) {
    // Killed before the first record: nothing was done. Rejected rows with nothing else belong to an output that was moved away.
    if (!existsSync(partial)) {
      refuseExisting(out);
      return beginOutput(start);
    }
    await writingTo(partial, async () => {
      await truncate(partial, 0);
      await rm(rejected, { force: true });
    });
    const begun = new DurableOutput(out, identity, await opened(partial, "a"), undefined, lock);
    await begun.begin(header);
    return begun;
  }
  requireSame(out, identity, record);
  await cutTo(partial, record.bytes);
  if (record.rejectedBytes > 0 || existsSync(rejected)) await cutTo(rejected, record.rejectedBytes);
  return new DurableOutput(out, identity, await opened(partial, "a"), record, lock);
}

export class DurableOutput {
  /** What earlier runs did; this run continues from it. */
  readonly account: BatchAccount;
  /** Hash over the rows they did; undefined at the start. */
  readonly rowSum: string | undefined;
  /** All rows are done, but the run ended before the output got its name: only `finish` remains. */
  readonly isComplete: boolean;
  readonly #out: string;
  readonly #identity: Json;
  readonly #documents: FileHandle;
  readonly #lock: OutputLock;
  #rejected: FileHandle | undefined;
  #bytes: number;
  #rejectedBytes: number;
  /** Of the last batch on disk. */
  #done: Pick<Batch, "account" | "rowSum">;
  #isNamed = false;
  #isFinished = false;

  /** Called by `claimOutput`. */
  constructor(
    out: string,
    identity: Json,
    documents: FileHandle,
    record: ProgressRecord | undefined,
    lock: OutputLock,
  ) {
    this.#out = out;
    this.#identity = identity;
    this.#documents = documents;
    this.#lock = lock;
    this.account = structuredClone(record?.account ?? emptyAccount());
    this.rowSum = record?.rowSum;
    this.isComplete = record?.complete ?? false;
    this.#bytes = record?.bytes ?? 0;
    this.#rejectedBytes = record?.rejectedBytes ?? 0;
    this.#done = {
      account: record?.account ?? emptyAccount(),
      rowSum: record?.rowSum ?? new RowSum().value(),
    };
  }

  /** Writes the header, if there is one, and the first record. */
  async begin(header: string | undefined): Promise<void> {
    try {
      if (header !== undefined)
        this.#bytes += await appendLines(this.#documents, outputFiles(this.#out).partial, [header]);
      await this.#writeRecord(false);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Appends a batch. It is on disk when the promise resolves. */
  async append({ lines, rejected, account, rowSum }: Batch): Promise<void> {
    const { partial, rejected: rejectedPath } = outputFiles(this.#out);
    this.#bytes += await appendLines(this.#documents, partial, lines);
    if (rejected.length > 0) {
      this.#rejected ??= await opened(rejectedPath, "a");
      this.#rejectedBytes += await appendLines(this.#rejected, rejectedPath, rejected);
    }
    this.#done = { account: structuredClone(account), rowSum };
    await this.#writeRecord(false);
  }

  /** Gives the complete output its name; the offsets of a table count the unit. If this fails, on a full disk for instance, call it again, now or in a later run. */
  async finish(offsets?: OffsetUnit): Promise<void> {
    const { partial, table } = outputFiles(this.#out);
    await writingTo(this.#out, async () => {
      if (!this.#isNamed) {
        await this.#writeRecord(true);
        if (existsSync(this.#out)) throw outputExists(this.#out, this.#out); // since the work began
        if (this.#out.endsWith(".parquet")) {
          await writeParquetDocuments(table, documentsOf(partial), { mentionTexts: true, offsets });
          await moveFile(table, this.#out);
        } else await moveFile(partial, this.#out);
        this.#isNamed = true;
      }
      await removeLeftovers(this.#out);
    });
    this.#isFinished = true;
    await this.close();
  }

  /** Closes the files and releases the output, which can be resumed. A run that ends before its first row leaves nothing behind. */
  async close(): Promise<void> {
    try {
      await this.#documents.close();
      await this.#rejected?.close();
      this.#rejected = undefined;
      if (!this.#isFinished && this.#done.account.rows === 0 && !this.isComplete) {
        const { partial, rejected, record } = outputFiles(this.#out);
        for (const file of [partial, rejected, record]) await rm(file, { force: true });
      }
      this.#isFinished = true; // a second call must not remove a later run's files
    } finally {
      await this.#lock.release();
    }
  }

  #writeRecord(complete: boolean): Promise<void> {
    return writeProgress(outputFiles(this.#out).record, {
      identity: this.#identity,
      bytes: this.#bytes,
      rejectedBytes: this.#rejectedBytes,
      ...this.#done,
      complete,
    });
  }
}

/** Removes the working files of a complete output. The record goes last: while it exists, we know that the others are ours. */
async function removeLeftovers(out: string): Promise<void> {
  const { partial, record, table } = outputFiles(out);
  const isLeftover = (name: string) =>
    name === basename(partial) ||
    name.startsWith(basename(table)) ||
    (name.startsWith(`${basename(out)}.lock.`) && name.endsWith(".tmp")) ||
    (name.startsWith(`${basename(record)}.`) && name.endsWith("tmp"));
  for (const name of await readdir(dirname(out))) {
    if (isLeftover(name)) await rm(join(dirname(out), name), { force: true });
  }
  await removeFile(record);
}

async function* documentsOf(path: string) {
  for await (const outcome of readJsonl(path, { policy: "strict" })) {
    if (outcome.kind === "accepted") yield outcome.value;
  }
}

/** Number of bytes written and flushed to disk. */
function appendLines(file: FileHandle, path: string, lines: readonly string[]): Promise<number> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  return writingTo(path, async () => {
    await file.appendFile(bytes);
    await file.sync();
    return bytes.length;
  });
}

function opened(path: string, flags: "wx" | "a"): Promise<FileHandle> {
  return writingTo(path, () => open(path, flags));
}

async function cutTo(path: string, bytes: number): Promise<void> {
  const size = existsSync(path) ? (await stat(path)).size : undefined;
  if ((size ?? 0) < bytes) throw damaged(path, `has ${size ?? 0} bytes, but ${bytes} were written`);
  if (size !== undefined) await writingTo(path, () => truncate(path, bytes));
}

function requireSame(out: string, identity: Json, record: ProgressRecord | undefined): void {
  const changes = record === undefined ? [] : differences(record.identity as Json, identity);
  if (changes.length === 0) return;
  throw new DataError({
    code: "data/cannot-resume",
    message: `${out} was started differently: ${changes.join("; ")}`,
    place: out,
    value: changes,
    remedy: "Use the same input, model and options, or start again with another output.",
  });
}

function outputExists(out: string, file: string): DataError {
  return new DataError({
    code: "data/output-exists",
    message: `${file} already exists`,
    place: file,
    remedy:
      file === out
        ? "Name another output, or remove this one."
        : "Resume with --resume, name another output, or remove what the earlier run wrote.",
  });
}
