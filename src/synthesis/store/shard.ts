// A shard: the calls of a few instances, with one log, processed by one process at a time.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type ErrorDetails, SynthesisError } from "../../base/errors.ts";
import { isCode } from "../../base/system-errors.ts";
import { readLogText } from "../../base/whole-file.ts";
import { type Claim, type ClaimOptions, takeClaim } from "../../units/claims.ts";
import { Appender } from "./appender.ts";
import { writeRecords } from "./build-index.ts";
import { shardName, storeLayout } from "./layout.ts";
import {
  contentsOf,
  type Failure,
  hasContent,
  type LedgerRow,
  type MadeRow,
  type Timing,
} from "./ledger-row.ts";
import { logLine } from "./log-lines.ts";
import { writingStore } from "./manifest.ts";
import { getObject, hasShared, putShared } from "./object-store.ts";
import { type LogEntry, type MadeEntry, placeOf, type Replay, replayLog } from "./replay.ts";
import { ShardContents } from "./shard-contents.ts";
import { writeWhole } from "./whole-files.ts";

export class Shard {
  readonly number: number;
  /** Number of log lines skipped on opening. */
  readonly dropped: number;
  readonly #folder: string;
  readonly #claim: Claim;
  readonly #log: Appender;
  readonly #contents: ShardContents;
  readonly #made: Map<string, MadeEntry>;
  readonly #failures: Failure[];

  private constructor(
    folder: string,
    number: number,
    claim: Claim,
    log: Appender,
    contents: ShardContents,
    replay: Replay,
  ) {
    this.#folder = folder;
    this.number = number;
    this.#claim = claim;
    this.#log = log;
    this.#contents = contents;
    this.#made = replay.made;
    this.#failures = replay.failures;
    this.dropped = replay.dropped;
  }

  /**
   * Claims a shard and replays its log; undefined if it is finished or another live process holds it. Torn
   * lines are removed from the log, and rows with missing content do not count.
   */
  static async take(folder: string, number: number, options: ClaimOptions = {}): Promise<Shard | undefined> {
    const layout = storeLayout(folder);
    if (isFinished(folder, number)) return undefined;
    const claim = await writingStore(layout.claims, () =>
      takeClaim(layout.claims, shardName(number), { lost, ...options }),
    );
    if (claim === undefined) return undefined;
    if (isFinished(folder, number)) {
      await claim.finish(); // another process finished it between the two checks
      return undefined;
    }
    let contents: ShardContents | undefined;
    try {
      contents = await ShardContents.open(layout.contents(number));
      const path = layout.log(number);
      const { replay, isWhole } = await verified(folder, contents, replayLog(await textOf(path)));
      if (!isWhole) await writeWhole(folder, path, entriesOf(replay).map(logLine).join(""));
      return new Shard(folder, number, claim, await Appender.open(path), contents, replay);
    } catch (error) {
      await contents?.close();
      await claim.release();
      throw error;
    }
  }

  /** The row of an answered call. */
  row(at: { readonly instance: string; readonly chain: number; readonly step: number }): MadeRow | undefined {
    return this.#made.get(placeOf(at))?.row;
  }

  /** What its calls have cost, failed attempts included. */
  get cost(): number {
    const made = [...this.#made.values()].map(({ row }) => row.cost);
    return [...made, ...this.#failures.map(({ cost }) => cost)].reduce((sum, one) => sum + one, 0);
  }

  /** Number of failed attempts at a call. */
  attempts(call: string): number {
    return this.#failures.filter((failure) => failure.call === call).length;
  }

  /**
   * Stores content and returns its SHA-256; it is on disk when the promise resolves.
   *
   * @param isShared other shards are likely to store the same: a picture that retrieval found
   * @throws SynthesisError `synthesis/cannot-write`, `synthesis/claim-lost`
   */
  async put(bytes: Uint8Array, isShared = false): Promise<string> {
    this.#claim.requireHeld();
    return isShared ? putShared(this.#folder, bytes) : this.#contents.put(bytes);
  }

  /** Reads content that this shard stored. @throws SynthesisError `synthesis/damaged-store` if it is missing or its hash differs */
  async get(hash: string): Promise<Uint8Array> {
    return (await this.#contents.get(hash)) ?? (await getObject(this.#folder, hash));
  }

  /**
   * Records an answered call; it is on disk when the promise resolves. The content must already be in the
   * store.
   */
  async add(row: MadeRow, time: Omit<Timing, "call" | "attempts">): Promise<void> {
    this.#claim.requireHeld();
    const timing = { call: row.call, ...time, attempts: this.attempts(row.call) + 1 };
    await this.#log.append(Buffer.from(logLine({ row, timing })));
    this.#made.set(placeOf(row), { row, timing });
  }

  /** Records an attempt without an answer. */
  async fail(failure: Failure): Promise<void> {
    this.#claim.requireHeld();
    await this.#log.append(Buffer.from(logLine({ failed: failure })));
    this.#failures.push(failure);
  }

  /** Releases the shard to other processes. */
  async release(): Promise<void> {
    await this.#close();
    await this.#claim.release();
  }

  /** Replaces the log by the final rows, and the contents by their pack in the order of the rows. */
  async finish(rows: readonly LedgerRow[]): Promise<void> {
    const layout = storeLayout(this.#folder);
    const timings = rows.flatMap((row) => this.#made.get(placeOf(row))?.timing ?? []);
    try {
      this.#claim.requireHeld();
      const pack = layout.pack(this.number);
      const entries = await this.#contents.pack(this.#folder, pack, rows.flatMap(contentsOf));
      if (entries.length > 0) await writeRecords(this.#folder, this.number, entries);
      await writeWhole(this.#folder, layout.partTimings(this.number), jsonLines(timings));
      await writeWhole(this.#folder, layout.part(this.number), jsonLines(rows)); // the shard is now finished
    } catch (error) {
      await this.release(); // the next process finds all calls answered
      throw error;
    }
    await this.#close();
    await rm(layout.log(this.number), { force: true });
    await rm(layout.contents(this.number), { force: true });
    await this.#claim.finish();
  }

  async #close(): Promise<void> {
    await this.#log.close();
    await this.#contents.close();
  }
}

function lost(details: Omit<ErrorDetails, "code">): SynthesisError {
  return new SynthesisError({ code: "synthesis/claim-lost", ...details });
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

/** Removes rows with missing content: after a power failure a row's content may be missing. */
async function verified(
  folder: string,
  contents: ShardContents,
  replay: Replay,
): Promise<{ readonly replay: Replay; readonly isWhole: boolean }> {
  const lost: MadeEntry[] = [];
  for (const entry of replay.made.values()) {
    const { row } = entry;
    if (!hasContent(row) || contents.has(row.content, row.bytes)) continue;
    if (!(await hasShared(folder, row.content, row.bytes))) lost.push(entry);
  }
  if (lost.length === 0) return { replay, isWhole: replay.dropped === 0 };
  const gone = new Set(lost.map((entry) => placeOf(entry.row)));
  const kept = entriesOf(replay).filter((entry) => !("row" in entry && gone.has(placeOf(entry.row))));
  const again = replayLog(kept.map(logLine).join("")); // their successors are removed too
  return { replay: { ...again, dropped: replay.dropped + lost.length + again.dropped }, isWhole: false };
}
