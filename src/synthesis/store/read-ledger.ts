// Streams a complete store's ledger row by row, in constant memory.
import type { z } from "zod";
import { checkShape } from "../../base/schema-issues.ts";
import { streamWholeFile } from "../../base/whole-file.ts";
import { type LedgerRow, ledgerRowSchema, type Timing, timingSchema } from "./ledger-row.ts";
import { damagedStore } from "./manifest.ts";

/** The rows of a ledger file. @throws SynthesisError `synthesis/damaged-store` naming the line */
export function readLedger(path: string): AsyncGenerator<LedgerRow> {
  return readRows(path, ledgerRowSchema);
}

/** The rows of a file of timings. @throws SynthesisError `synthesis/damaged-store` naming the line */
export function readTimings(path: string): AsyncGenerator<Timing> {
  return readRows(path, timingSchema);
}

async function* readRows<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): AsyncGenerator<z.output<Schema>> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw damagedStore(`${path}:${line}`, "is not JSON", cause);
    }
    const parsed = checkShape(schema, value, { whole: "the row" });
    if (!parsed.success)
      throw damagedStore(`${path}:${line}`, `is not a row of this file: ${parsed.faults[0]}`);
    yield parsed.data;
  }
}

/** Far longer than any entry of a ledger. */
const MAX_LINE_LENGTH = 64_000_000;

/** Lines split only at LF: texts may contain other line separators, where readline would split. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of await streamWholeFile(path, "utf8")) {
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH)
      throw damagedStore(path, `has a line of more than ${MAX_LINE_LENGTH} characters`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}
