// Replays the log of a shard: the answered calls, by position in their chain, and the failed attempts.
import { z } from "zod";
import { type Failure, failureSchema, ledgerRowSchema, type MadeRow, timingSchema } from "./ledger-row.ts";
import { readLog } from "./log-lines.ts";

const madeEntry = z.strictObject({ row: ledgerRowSchema, timing: timingSchema });
const failedEntry = z.strictObject({ failed: failureSchema });
const entrySchema = z.union([madeEntry, failedEntry]);
export type LogEntry =
  | { readonly row: MadeRow; readonly timing: z.output<typeof timingSchema> }
  | { readonly failed: Failure };
export type MadeEntry = Extract<LogEntry, { row: unknown }>;

/** The state of a shard's calls. */
export interface Replay {
  /** Answered calls by `placeOf`, always including their parents. */
  readonly made: Map<string, MadeEntry>;
  /** Attempts without an answer, oldest first. */
  readonly failures: Failure[];
  /** Number of skipped lines and rows: torn, duplicate, or without their parent. */
  readonly dropped: number;
}

/** Key of a step of an instance's chain. */
export function placeOf(at: { readonly instance: string; readonly chain: number; readonly step: number }) {
  return `${at.step} ${at.chain} ${at.instance}`;
}

/**
 * Replays a log, whole or cut off anywhere. A row counts only if the previous step's row does and is its
 * parent, so every chain is complete up to its end.
 */
export function replayLog(text: string): Replay {
  const { values, dropped: torn } = readLog(text);
  let dropped = torn;
  const found = new Map<string, MadeEntry>();
  const failures: Failure[] = [];
  for (const value of values) {
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) dropped++;
    else if ("failed" in parsed.data) failures.push(parsed.data.failed);
    else {
      const { row, timing } = parsed.data;
      if (row.state === "not-made" || found.has(placeOf(row))) dropped++;
      else found.set(placeOf(row), { row, timing });
    }
  }
  const made = new Map<string, MadeEntry>();
  for (const entry of [...found.values()].sort((a, b) => a.row.step - b.row.step)) {
    const { row } = entry;
    const before = made.get(placeOf({ ...row, step: row.step - 1 }))?.row;
    const follows = row.step === 1 ? row.parent === null : before?.call === row.parent;
    if (follows) made.set(placeOf(row), entry);
    else dropped++;
  }
  return { made, failures, dropped };
}
