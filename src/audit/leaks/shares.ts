// When a share of leaked documents is an error, and how pairs of splits are named and ordered.
import type { AuditedFile, SplitRole } from "../check.ts";
import type { Severity } from "../finding.ts";

/** Share of the scored documents from which a leak is an error: half a point of most scores in this field, as much as papers differ by. */
const ERROR_SHARE = 0.01;

const ORDER: readonly SplitRole[] = ["train", "validation", "test", "other"];

/** Severity of a leak between two splits that touches this share of the scored documents. Two training files make no score. */
export function severityOfPair(first: AuditedFile, second: AuditedFile, share: number): Severity {
  if (first.role === "train" && second.role === "train") return "note";
  return share >= ERROR_SHARE ? "error" : "warning";
}

/** All pairs of files, each with the one to learn from first and the one to score on second. */
export function orderedPairs(files: readonly AuditedFile[]): [first: AuditedFile, second: AuditedFile][] {
  return files.flatMap((a, i) =>
    files
      .slice(i + 1)
      .map((b): [AuditedFile, AuditedFile] =>
        ORDER.indexOf(a.role) <= ORDER.indexOf(b.role) ? [a, b] : [b, a],
      ),
  );
}

/** Name of a pair of splits. */
export function pairName(first: string, second: string): string {
  return `${first} / ${second}`;
}

/** A share as text: `1.2 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
