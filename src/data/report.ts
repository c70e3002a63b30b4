// The report on reading a file: every line is blank, a mark or part of an accepted or rejected row, and every defect is counted.
import type { DefectCode } from "../base/codes/data-defects.ts";
import type { Defect } from "./defects.ts";
import type { RowOutcome } from "./rows.ts";

/**
 * Invariants: `lines = blank + marks + rowLines`, `read = accepted + rejected`, and `defects.length + omitted` is the sum of `counts`.
 * If a row is a line, `rowLines = read` and `marks = 0`. In a Parquet file a line is a row of the table.
 */
export interface ReadReport {
  /** The path as given. */
  readonly source: string;
  /** Name of the format, e.g. "mnre". */
  readonly format: string;
  readonly lines: number;
  readonly blank: number;
  /** Lines without data that divide rows, such as `-DOCSTART-`. */
  readonly marks: number;
  /** Lines that belong to rows. */
  readonly rowLines: number;
  /** Rows. */
  readonly read: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Number of defects by code. */
  readonly counts: Readonly<Partial<Record<DefectCode, number>>>;
  /** The defects in the order of the file, at most `MAX_LISTED` of each code. */
  readonly defects: readonly Defect[];
  /** Number of defects that are counted but not listed. */
  readonly omitted: number;
}

/** Limits the memory for a file in which every row is broken; counts stay exact. */
const MAX_LISTED = 1000;

/** Collects the outcomes of one reading into a `ReadReport`. */
export class ReportBuilder {
  readonly #source: string;
  readonly #format: string;
  readonly #counts: Partial<Record<DefectCode, number>> = {};
  readonly #defects: Defect[] = [];
  #blank = 0;
  #marks = 0;
  #rowLines = 0;
  #accepted = 0;
  #rejected = 0;
  #omitted = 0;

  constructor(source: string, format: string) {
    this.#source = source;
    this.#format = format;
  }

  add(outcome: RowOutcome<unknown>): void {
    if (outcome.kind === "blank") this.#blank++;
    else if (outcome.kind === "mark") this.#marks++;
    else if (outcome.kind === "accepted") this.#accepted++;
    else if (outcome.kind === "rejected") this.#rejected++;
    else outcome.kind satisfies "file";
    if (outcome.kind === "accepted" || outcome.kind === "rejected") this.#rowLines += outcome.lines ?? 1;
    for (const found of outcome.defects) {
      const count = (this.#counts[found.code] ?? 0) + 1;
      this.#counts[found.code] = count;
      if (count <= MAX_LISTED) this.#defects.push(found);
      else this.#omitted++;
    }
  }

  report(): ReadReport {
    const read = this.#accepted + this.#rejected;
    return {
      source: this.#source,
      format: this.#format,
      lines: this.#blank + this.#marks + this.#rowLines,
      blank: this.#blank,
      marks: this.#marks,
      rowLines: this.#rowLines,
      read,
      accepted: this.#accepted,
      rejected: this.#rejected,
      counts: { ...this.#counts },
      defects: [...this.#defects],
      omitted: this.#omitted,
    };
  }
}
