// Counts the contents of a finished or unfinished store in constant memory: rows in their final form for
// all answered calls.
import { existsSync } from "node:fs";
import { isCode } from "../../base/system-errors.ts";
import type { ByGenerator } from "./by-generator.ts";
import { finalRows } from "./final-rows.ts";
import { storeLayout } from "./layout.ts";
import type { Failure, LedgerRow, Timing } from "./ledger-row.ts";
import { callsOf, type Manifest, shardCount } from "./manifest.ts";
import { readLedger, readTimings } from "./read-ledger.ts";
import { placeOf, replayLog } from "./replay.ts";
import { textOf } from "./shard.ts";

/**
 * An entry of a store about one step. `failure`: an attempt without an answer at a call that is still to be
 * made.
 */
export type StoreEntry =
  | { readonly kind: "row"; readonly row: LedgerRow; readonly timing: Timing | undefined }
  | { readonly kind: "failure"; readonly failure: Failure; readonly answered: boolean };

/**
 * All entries of a store, shard by shard; within an unfinished shard, instances in the order in which they
 * were started. Includes timings if they are available directly, in unfinished shards.
 */
export function storeEntries(folder: string, manifest: Manifest): AsyncGenerator<StoreEntry> {
  return ofStore(folder, manifest, "ledger", rowsOf, "part", (log) => logEntries(log, manifest));
}

/** The entries of one shard. */
async function* shardEntries(folder: string, manifest: Manifest, shard: number): AsyncGenerator<StoreEntry> {
  const layout = storeLayout(folder);
  try {
    if (existsSync(layout.part(shard))) return yield* rowsOf(layout.part(shard));
    yield* logEntries(layout.log(shard), manifest);
    if (existsSync(layout.part(shard))) throw new StoreChanged(); // and its log was removed
  } catch (error) {
    throw isCode(error, "ENOENT") ? new StoreChanged() : error; // finished or completed at this moment
  }
}

/** All known timings of answered calls. */
export function storeTimings(folder: string, manifest: Manifest): AsyncGenerator<Timing> {
  return ofStore(folder, manifest, "timings", readTimings, "partTimings", logTimings);
}

/** Reads the final file of a complete store, else the parts of finished shards and the logs of the others. */
async function* ofStore<Entry>(
  folder: string,
  manifest: Manifest,
  final: "ledger" | "timings",
  readFinal: (path: string) => AsyncGenerator<Entry>,
  part: "part" | "partTimings",
  readLogOf: (path: string) => AsyncGenerator<Entry>,
): AsyncGenerator<Entry> {
  const layout = storeLayout(folder);
  if (existsSync(layout.ledger)) {
    yield* readFinal(layout[final]);
    return;
  }
  try {
    for (let shard = 0; shard < shardCount(manifest); shard++) {
      if (existsSync(layout[part](shard))) yield* readFinal(layout[part](shard));
      else yield* readLogOf(layout.log(shard));
      if (existsSync(layout.ledger)) throw new StoreChanged();
    }
  } catch (error) {
    // Its parts are missing because another process completed the store.
    throw isCode(error, "ENOENT") && existsSync(layout.ledger) ? new StoreChanged() : error;
  }
}

/** Another process completed the store while it was being read. */
class StoreChanged extends Error {}

/** Reads a store with `read`, and starts over if another process completes it meanwhile. */
export async function readingStore<Result>(read: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof StoreChanged)) throw error;
    }
  }
}

async function* rowsOf(path: string): AsyncGenerator<StoreEntry> {
  for await (const row of readLedger(path)) yield { kind: "row", row, timing: undefined };
}

async function* logEntries(path: string, manifest: Manifest): AsyncGenerator<StoreEntry> {
  const { made, failures } = replayLog(await textOf(path));
  const instances = new Set([...made.values()].map(({ row }) => row.instance));
  for (const instance of instances) {
    const { rows } = finalRows(manifest, instance, (at) => made.get(placeOf(at))?.row);
    for (const row of rows) yield { kind: "row", row, timing: made.get(placeOf(row))?.timing };
  }
  for (const failure of failures) yield { kind: "failure", failure, answered: made.has(placeOf(failure)) };
}

async function* logTimings(path: string): AsyncGenerator<Timing> {
  for (const { timing } of replayLog(await textOf(path)).made.values()) yield timing;
}

/** Counts over a store; the four states and the remaining steps add up to the planned steps. */
export interface StoreSurvey {
  /** Steps of all chains of all instances. */
  readonly planned: number;
  /** Steps with a final row. */
  readonly done: number;
  readonly generated: number;
  readonly rejected: number;
  readonly refused: number;
  readonly notMade: number;
  /** Attempts without an answer at calls that are still to be made. */
  readonly failedAttempts: number;
  /** Counts by "state: reason", most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The failed attempts by their code, most frequent first, each with the first message. */
  readonly failures: readonly (SaidSurvey & { readonly code: string })[];
  /** The refused calls by their reason, in the same way. */
  readonly refusals: readonly (SaidSurvey & { readonly reason: string })[];
  readonly steps: readonly StepSurvey[];
  /** Cost of the answered calls and the failed attempts, by generator. */
  readonly cost: ByGenerator;
  /** Bytes of the contents by generator, summed over calls. */
  readonly bytes: ByGenerator;
  readonly calls: ByGenerator;
}

/** A generator's message, its count, and the first call. */
export interface SaidSurvey {
  readonly count: number;
  readonly message: string;
  readonly instance: string;
  readonly step: number;
}

/** Outcomes of one step of all chains. */
export interface StepSurvey {
  readonly step: number;
  readonly kind: "picture" | "text";
  readonly generated: number;
  readonly rejected: number;
  readonly refused: number;
  readonly notMade: number;
}

/** Counts the contents of a store. */
export function surveyStore(folder: string, manifest: Manifest): Promise<StoreSurvey> {
  return readingStore(() => survey(manifest, storeEntries(folder, manifest)));
}

/** Counts the contents of one shard of a store that is not complete. `part`: its manifest, from `manifestOfShard`. */
export function surveyShard(folder: string, part: Manifest, shard: number): Promise<StoreSurvey> {
  return readingStore(() => survey(part, shardEntries(folder, part, shard)));
}

const FIELD = {
  generated: "generated",
  rejected: "rejected",
  refused: "refused",
  "not-made": "notMade",
} as const;

async function survey(manifest: Manifest, entries: AsyncIterable<StoreEntry>): Promise<StoreSurvey> {
  const counts = { done: 0, generated: 0, rejected: 0, refused: 0, notMade: 0, failedAttempts: 0 };
  const none = { textToImage: 0, imageToText: 0, textToText: 0 };
  const [cost, calls, bytes] = [{ ...none }, { ...none }, { ...none }];
  const reasons = new Map<string, number>();
  const failures = new Map<string, SaidSurvey>();
  const refusals = new Map<string, SaidSurvey>();
  const steps = new Map<number, { -readonly [Key in keyof StepSurvey]: StepSurvey[Key] }>();
  const count = (reason: string) => reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for await (const entry of entries) {
    if (entry.kind === "failure") {
      cost[entry.failure.generator] += entry.failure.cost;
      if (entry.answered) continue;
      counts.failedAttempts++;
      count(`failed: ${entry.failure.code}`);
      noteSaid(failures, entry.failure.code, entry.failure);
      continue;
    }
    const { row } = entry;
    const field = FIELD[row.state];
    let step = steps.get(row.step);
    if (step === undefined) {
      step = { step: row.step, kind: row.kind, generated: 0, rejected: 0, refused: 0, notMade: 0 };
      steps.set(row.step, step);
    }
    counts.done++;
    counts[field]++;
    step[field]++;
    if (row.state !== "generated") count(`${row.state}: ${row.reason}`);
    if (row.state === "not-made") continue;
    if (row.state === "refused") noteSaid(refusals, row.reason, row);
    cost[row.generator] += row.cost;
    calls[row.generator]++;
    if (row.state !== "refused") bytes[row.generator] += row.bytes;
  }
  return {
    planned: callsOf(manifest),
    ...counts,
    reasons: Object.fromEntries([...reasons].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))),
    failures: [...failures].map(([code, said]) => ({ code, ...said })).sort((a, b) => b.count - a.count),
    refusals: [...refusals].map(([reason, said]) => ({ reason, ...said })).sort((a, b) => b.count - a.count),
    steps: [...steps.values()].sort((a, b) => a.step - b.step),
    cost,
    calls,
    bytes,
  };
}

function noteSaid(
  known: Map<string, SaidSurvey>,
  kind: string,
  { message, instance, step }: Omit<SaidSurvey, "count">,
): void {
  const said = known.get(kind);
  known.set(kind, said ? { ...said, count: said.count + 1 } : { count: 1, message, instance, step });
}
