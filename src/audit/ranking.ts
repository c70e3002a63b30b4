// The order of findings: what misleads scores most comes first.
import type { FindingCode } from "../base/codes/error-code.ts";
import type { Finding, Severity } from "./finding.ts";

const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];

/** Kinds in the order of what they do to scores: from a label that can be read off, over answers seen in training, to wrong labels. */
const CODES: readonly FindingCode[] = [
  "leak/side-feature",
  "leak/shared-id",
  "leak/duplicate-text",
  "leak/near-duplicate-text",
  "leak/shared-picture",
  "leak/duplicate-picture",
  "leak/seen-pairs",
  "leak/seen-mentions",
  "label/conflicting-relations",
  "label/conflicting-entities",
  "label/overlapping-spans",
  "label/suspicious-relation",
  "label/suspicious-entity",
  "label/missing-entity",
];

/** Worst first: by severity, then by kind, then by strength. */
export function ranked(findings: readonly Finding[]): Finding[] {
  const place = (code: FindingCode) => {
    const at = CODES.indexOf(code);
    return at === -1 ? CODES.length : at;
  };
  return [...findings].sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      place(a.code) - place(b.code) ||
      (place(a.code) === CODES.length && a.code !== b.code ? (a.code < b.code ? -1 : 1) : 0) ||
      b.strength - a.strength,
  );
}
