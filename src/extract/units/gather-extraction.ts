// Puts the results of all units together: the files that one undisturbed run would have written, in their order. An interrupted gathering continues.
import { existsSync } from "node:fs";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { increment } from "../../base/label-counts.ts";
import { checkShape } from "../../base/schema-issues.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import { publishedUnits, unitKey } from "../../units/job.ts";
import type { ObjectStore } from "../../units/object-store.ts";
import { damagedUnit, decodeUnit } from "../../units/unit-record.ts";
import { accountSchema, type BatchAccount } from "../batch/account.ts";
import { claimOutput } from "../batch/durable-output.ts";
import { headerOf, type OutputFormat } from "../batch/output-format.ts";
import type { ExtractionJob } from "./extraction-units.ts";

export interface GatherRequest {
  readonly store: ObjectStore;
  readonly job: ExtractionJob;
  /** The file to write. */
  readonly out: string;
  readonly format?: OutputFormat | undefined;
  readonly offsets?: OffsetUnit | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((units: number) => void) | undefined;
}

const factsSchema = z.strictObject({ account: accountSchema });
const APPEND_BYTES = 16 << 20; // each append waits for the disk once
const MOST_MISSING_SHOWN = 10;

/**
 * Writes the output and the rejected rows. Returns undefined if an earlier run had written them and only its leftovers were removed.
 *
 * @throws DataError `units/incomplete` when units are missing, before anything is written; `units/damaged-unit`, `data/output-exists`, `data/output-locked`,
 * `data/cannot-write`; the signal's reason
 */
export async function gatherExtraction(request: GatherRequest): Promise<BatchAccount | undefined> {
  const { store, job, out, format = "jsonl", offsets, signal, onProgress } = request;
  const { units, unitRows } = job.index;
  const { id } = job.job;
  await requireComplete(store, id, units.length);
  const claimed = await claimOutput(out, existsSync(`${out}.progress.json`));
  try {
    const file = await claimed.open({ job: id }, headerOf(format));
    if (file === undefined) return undefined;
    try {
      const { account } = file;
      let unit = Math.ceil(account.rows / unitRows); // batches end with units
      while (unit < units.length) {
        signal?.throwIfAborted();
        const [lines, rejected]: [string[], string[]] = [[], []];
        let bytes = 0;
        for (; unit < units.length && bytes < APPEND_BYTES; unit++) {
          const part = await resultOf(store, id, unit);
          lines.push(...linesOf(part.lines));
          rejected.push(...linesOf(part.rejected));
          bytes += part.lines.length + part.rejected.length;
          addAccount(account, part.account);
        }
        await file.append({ lines, rejected, account, rowSum: units[unit - 1]?.sum ?? "" });
        onProgress?.(unit);
      }
      await file.finish(offsets);
      return account;
    } finally {
      await file.close();
    }
  } finally {
    await claimed.release();
  }
}

async function resultOf(store: ObjectStore, id: string, unit: number) {
  const key = unitKey(id, unit);
  const place = `${store.place}/${key}`;
  const bytes = await store.get(key);
  if (bytes === undefined) throw incomplete(store, [unit], 1);
  const { facts, parts } = decodeUnit(bytes, id, unit, place);
  const checked = checkShape(factsSchema, facts, { whole: "its account" });
  const [lines, rejected] = parts;
  if (!checked.success || lines === undefined || rejected === undefined)
    throw damagedUnit(place, "does not have what an extraction publishes");
  return { lines, rejected, account: checked.data.account };
}

/** The bytes as appended lines: one text without its last line end, which is added again. */
function linesOf(bytes: Uint8Array): string[] {
  return bytes.length === 0 ? [] : [Buffer.from(bytes.subarray(0, -1)).toString("utf8")];
}

async function requireComplete(store: ObjectStore, id: string, units: number): Promise<void> {
  const found = await publishedUnits(store, id);
  if (found.size >= units) return;
  const missing: number[] = [];
  for (let unit = 0; unit < units && missing.length < MOST_MISSING_SHOWN; unit++)
    if (!found.has(unit)) missing.push(unit);
  throw incomplete(store, missing, units - found.size);
}

function incomplete({ place }: ObjectStore, missing: readonly number[], count: number): DataError {
  const more = count > missing.length ? ` and ${count - missing.length} more` : "";
  return new DataError({
    code: "units/incomplete",
    message: `${count === 1 ? "1 unit is" : `${count} units are`} not published in ${place}: ${missing.join(", ")}${more}`,
    place,
    value: { missing: count, first: missing },
    remedy: "Run the shards again: what is published is not done again. Then gather.",
    fault: "work",
  });
}

/** Adds the counts of a unit, labels in the order of their first occurrence. */
function addAccount(sum: BatchAccount, part: BatchAccount): void {
  const add = (to: Record<string, number>, from: Readonly<Record<string, number>>) => {
    for (const [label, count] of Object.entries(from)) increment(to, label, count);
  };
  for (const field of ["rows", "posts", "entities", "relations"] as const) sum[field] += part[field];
  for (const field of ["rejected", "entitiesByType", "relationsByLabel", "categories"] as const)
    add(sum[field], part[field]);
  for (const field of ["entities", "relations", "categories"] as const)
    add(sum.belowThreshold[field], part.belowThreshold[field]);
  for (const state of Object.keys(sum.visual) as (keyof BatchAccount["visual"])[])
    sum.visual[state] += part.visual[state];
  add(sum.brokenPictures, part.brokenPictures);
  add(sum.notes, part.notes);
}
