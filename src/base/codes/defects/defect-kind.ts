// What the texts of a data defect are.

/** "error" rejects the row; "warning" keeps it. Both are counted and reported. */
export type Severity = "error" | "warning";

/** What a code means, its default severity, and what the data's owner can do. */
export interface DefectKind {
  readonly severity: Severity;
  readonly meaning: string;
  readonly remedy: string;
}
