// A shard: the calls of a few instances, with one log, processed by one process at a time.
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { isCode } from "../../base/system-errors.ts";
import { readLogText } from "../../base/whole-file.ts";
import { type Claim, takeClaim } from "./claims.ts";
import { shardName, storeLayout } from "./layout.ts";
import { type Failure, hasContent, type LedgerRow, type MadeRow, type Timing } from "./ledger-row.ts";
import { logLine } from "./log-lines.ts";
import { cannotWriteStore, writingStore } from "./manifest.ts";
import { hasObject, writeWhole } from "./object-store.ts";
import { type LogEntry, type MadeEntry, placeOf, type Replay, replayLog } from "./replay.ts";

export class Shard {
  readonly number: number;
  /** Number of log lines skipped on opening. */
  readonly dropped: number;
  readonly #folder: string;
  readonly #claim: Claim;
  readonly #log: FileHandle;
  readonly #made: Map<string, MadeEntry>;
  readonly #failures: Failure[];
  #waiting: {
    readonly line: string;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #writing: Promise<void> | undefined;
  /** The error after which the log cannot be written: nothing after a partial line could be read again. */
  #broken: Error | undefined;

  private constructor(folder: string, number: number, claim: Claim, log: FileHandle, replay: Replay) {
    this.#folder = folder;
    this.number = number;
    this.#claim = claim;
    this.#log = log;
    this.#made = replay.made;
    this.#failures = replay.failures;
    this.dropped = replay.dropped;
  }

  /**
   * Claims a shard and replays its log; undefined if it is finished or another live process holds it. Torn
   * lines are removed from the log, and rows with missing content do not count.
   */
  static async take(folder: string, number: number): Promise<Shard | undefined> {
    const layout = storeLayout(folder);
    if (isFinished(folder, number)) return undefined;
    const claim = await writingStore(layout.claims, () => takeClaim(layout.claims, shardName(number)));
    if (claim === undefined) return undefined;
    if (isFinished(folder, number)) {
      await claim.finish(); // another process finished it between the two checks
      return undefined;
    }
    try {
      const path = layout.log(number);
      const { replay, isWhole } = await verified(folder, replayLog(await textOf(path)));
      if (!isWhole) await writeWhole(folder, path, entriesOf(replay).map(logLine).join(""));
      const log = await writingStore(path, () => openLog(path));
      return new Shard(folder, number, claim, log, replay);
    } catch (error) {
      await claim.release();
      throw error;
    }
  }

  /** The row of an answered call. */
  row(at: { readonly instance: string; readonly chain: number; readonly step: number }): MadeRow | undefined {
    return this.#made.get(placeOf(at))?.row;
  }

  /** Number of failed attempts at a call. */
  attempts(call: string): number {
    return this.#failures.filter((failure) => failure.call === call).length;
  }

  /**
   * Records an answered call; it is on disk when the promise resolves. The content must already be in the
   * store.
   */
  async add(row: MadeRow, time: Omit<Timing, "call" | "attempts">): Promise<void> {
    const timing = { call: row.call, ...time, attempts: this.attempts(row.call) + 1 };
    await this.#append({ row, timing });
    this.#made.set(placeOf(row), { row, timing });
  }

  /** Records an attempt without an answer. */
  async fail(failure: Failure): Promise<void> {
    await this.#append({ failed: failure });
    this.#failures.push(failure);
  }

  /** Releases the shard to other processes. */
  async release(): Promise<void> {
    await this.#close();
    await this.#claim.release();
  }

  /** Replaces the log by the final rows. */
  async finish(rows: readonly LedgerRow[]): Promise<void> {
    const layout = storeLayout(this.#folder);
    await this.#close();
    const timings = rows.flatMap((row) => this.#made.get(placeOf(row))?.timing ?? []);
    try {
      await writeWhole(this.#folder, layout.partTimings(this.number), jsonLines(timings));
      await writeWhole(this.#folder, layout.part(this.number), jsonLines(rows)); // the shard is now finished
    } catch (error) {
      await this.#claim.release(); // the next process finds all calls answered
      throw error;
    }
    await rm(layout.log(this.number), { force: true });
    await this.#claim.finish();
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#log.close();
  }

  /** Lines that arrive while the disk is busy are written together, with one sync. */
  #append(entry: LogEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: logLine(entry), resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#broken !== undefined) throw this.#broken;
        await this.#log.appendFile(batch.map(({ line }) => line).join(""));
        await this.#log.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#broken ??= cannotWriteStore(storeLayout(this.#folder).log(this.number), error);
        for (const { reject } of batch) reject(this.#broken);
      }
    }
    this.#writing = undefined;
  }
}

/** Opens a log for appending; syncs the name of a new one, so that its lines survive a power failure. */
async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const isNew = !existsSync(path);
  const log = await open(path, "a");
  if (isNew) await syncFolder(dirname(path));
  return log;
}

/** Whether the final rows of a shard exist. */
export function isFinished(folder: string, shard: number): boolean {
  const layout = storeLayout(folder);
  return existsSync(layout.part(shard)) || existsSync(layout.ledger);
}

/** Values as lines of JSON. */
function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

/** A log's text so far, possibly while another process writes it; empty if there is no log. */
export async function textOf(path: string): Promise<string> {
  try {
    return await readLogText(path);
  } catch (error) {
    if (isCode(error, "ENOENT")) return "";
    throw error;
  }
}

function entriesOf({ made, failures }: Replay): LogEntry[] {
  return [...failures.map((failed) => ({ failed })), ...made.values()];
}

/** Removes rows with missing content: after a power failure a row's file may be missing. */
async function verified(
  folder: string,
  replay: Replay,
): Promise<{ readonly replay: Replay; readonly isWhole: boolean }> {
  const lost: MadeEntry[] = [];
  for (const entry of replay.made.values()) {
    const { row } = entry;
    if (hasContent(row) && !(await hasObject(folder, row.content, row.bytes))) lost.push(entry);
  }
  if (lost.length === 0) return { replay, isWhole: replay.dropped === 0 };
  const gone = new Set(lost.map((entry) => placeOf(entry.row)));
  const kept = entriesOf(replay).filter((entry) => !("row" in entry && gone.has(placeOf(entry.row))));
  const again = replayLog(kept.map(logLine).join("")); // their successors are removed too
  return { replay: { ...again, dropped: replay.dropped + lost.length + again.dropped }, isWhole: false };
}
