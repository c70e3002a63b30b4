// When a share of leaked documents is an error, and how a pair of splits is named.
import type { Severity } from "../finding.ts";

/** Share of the scored documents from which a leak is an error: half a point of most scores in this field, as much as papers differ by. */
export const ERROR_SHARE = 0.01;

/** Severity of a leak that touches this share of the scored documents. */
export function severityOfShare(share: number): Severity {
  return share >= ERROR_SHARE ? "error" : "warning";
}

/** Name of a pair of splits. */
export function pairName(first: string, second: string): string {
  return `${first} / ${second}`;
}
