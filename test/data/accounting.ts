// Invariants of every reading, whatever the file: the counts add up and accepted documents are valid.
import { expect } from "vitest";
import { DEFECTS, type DefectCode } from "../../src/base/codes/data-defects.ts";
import type { Document } from "../../src/data/document.ts";
import { parseDocument } from "../../src/data/parse-document.ts";
import type { ReadReport } from "../../src/data/report.ts";

/** Counts lines as every text reader must: a line end finishes one, and a remainder without one counts too. */
export function lineCount(bytes: Buffer): number {
  const ends = bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  return ends + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0);
}

/** The invariants of `ReadReport`; every defect is documented and has a place in the file. */
export function expectAccount(report: ReadReport, accepted: number, path: string): void {
  expect(report.lines).toBe(report.blank + report.marks + report.rowLines);
  expect(report.read).toBe(report.accepted + report.rejected);
  expect(report.accepted).toBe(accepted);
  const counts = Object.values(report.counts).reduce((sum, count) => sum + count, 0);
  expect(report.defects.length + report.omitted).toBe(counts);
  const errors = report.defects.filter(({ severity }) => severity === "error");
  expect(errors.length).toBeGreaterThanOrEqual(Math.min(report.rejected, 1));
  for (const { code, place, severity } of report.defects) {
    expect(Object.hasOwn(DEFECTS, code)).toBe(true);
    if (code !== "data/unused-boxes") expect(place.startsWith(`${path}:`)).toBe(true);
    if (DEFECTS[code as DefectCode].severity === "error") expect(severity).toBe("error");
  }
}

/** Every accepted document is valid by the format's own rules. */
export function expectDocuments(documents: readonly Document[]): void {
  for (const document of documents) {
    const { value, defects } = parseDocument(document, "again");
    expect(defects.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(value).toEqual(document);
  }
}
