// The final form of an instance's rows: in order, with skipped steps, and with near duplicates rejected. It
// depends only on the answered calls, not on when or by which process they were made.
import type { RejectionReason } from "../../base/codes/error-code.ts";
import { resembles } from "../near-duplicates.ts";
import { kindOfStep } from "../steps.ts";
import type { LedgerRow, MadeRow } from "./ledger-row.ts";
import { type Manifest, stepsOf } from "./manifest.ts";

/** Reason for rejecting a view that looks like an earlier one of its instance. */
const NEAR_DUPLICATE = "near-duplicate" satisfies RejectionReason;

type At = { readonly instance: string; readonly chain: number; readonly step: number };

/** The rows of an instance for its answered calls; `missing` counts the remaining steps. */
export function finalRows(
  manifest: Pick<Manifest, "direction" | "generators" | "rounds" | "chains" | "closing" | "checks">,
  instance: string,
  lookUp: (at: At) => MadeRow | undefined,
): { readonly rows: readonly LedgerRow[]; readonly missing: number } {
  const rows: LedgerRow[] = [];
  let missing = 0;
  const steps = stepsOf(manifest);
  for (let chain = 0; chain < manifest.chains; chain++) {
    let end: MadeRow | undefined;
    for (let step = 1; step <= steps; step++) {
      const at = { instance, chain, step };
      if (end !== undefined) {
        const reason = end.state === "refused" ? "parent-refused" : "parent-rejected";
        const kind = kindOfStep(manifest, step);
        rows.push({ ...at, kind, state: "not-made", reason, cause: end.call });
        continue;
      }
      const row = lookUp(at);
      if (row === undefined) {
        missing += steps - step + 1;
        break;
      }
      rows.push(row);
      if (row.state !== "generated") end = row;
    }
  }
  return { rows: withoutDuplicates(rows, manifest.checks.duplicateLevels), missing };
}

/**
 * Candidate views are compared in the order step, chain; a duplicate does not end its chain, because its
 * content is usable.
 */
function withoutDuplicates(rows: readonly LedgerRow[], levels: number | null): readonly LedgerRow[] {
  if (levels === null) return rows;
  const likes = new Map<LedgerRow, string>();
  const accepted: { readonly call: string; readonly look: string }[] = [];
  const candidates = rows.filter((row) => row.step % 2 === 1);
  candidates.sort((a, b) => a.step - b.step || a.chain - b.chain);
  for (const row of candidates) {
    if (row.state !== "generated" || row.look === undefined) continue;
    const { call, look } = row;
    const like = accepted.find((earlier) => resembles(earlier.look, look, levels));
    if (like === undefined) accepted.push({ call, look });
    else likes.set(row, like.call);
  }
  return rows.map((row) => {
    const like = likes.get(row);
    if (like === undefined || row.state !== "generated") return row;
    return { ...row, state: "rejected", reason: NEAR_DUPLICATE, like };
  });
}
