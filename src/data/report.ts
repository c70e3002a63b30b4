// The report on reading a file: every line is blank, a mark or part of an accepted or rejected row, and every defect is counted.
import type { DefectCode } from "../base/codes/data-defects.ts";
import type { Annotations, Defect } from "./defects.ts";
import type { Document } from "./document.ts";
import type { OffsetUnit } from "./offset-units.ts";
import type { RowOutcome } from "./rows.ts";

/** What became of the annotations of one kind: `found = kept + rejected + the sum of leftOut`. */
export interface AnnotationTally {
  /** In the file; an annotation counts once for each entity or relation that it could become. */
  readonly found: number;
  /** In the accepted documents. */
  readonly kept: number;
  /** In rejected rows. */
  readonly rejected: number;
  /** Left out of accepted and other rows, by the code of the defect that says so. */
  readonly leftOut: Readonly<Partial<Record<DefectCode, number>>>;
}

/**
 * Invariants: `lines = blank + marks + rowLines`, `read = accepted + rejected + leftOut`, and `defects.length + omitted` is the sum of
 * `counts`.
 * If a row is a line, `rowLines = read` and `marks = 0`. In a Parquet file a line is a row of the table.
 */
export interface ReadReport {
  /** The path as given. */
  readonly source: string;
  /** Name of the format, e.g. "mnre". */
  readonly format: string;
  /** What the offsets were taken to count, where a document does not say so itself; absent for a format without offsets. */
  readonly offsets?: OffsetUnit;
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
  /** Sound rows that the format's policy does not use, such as tasks that nobody annotated; the defects say why. */
  readonly leftOut: number;
  /** Whether the format was guessed from the file's content. */
  readonly guessed: boolean;
  /** What became of the annotations in the file; absent for a format that does not count them. */
  readonly annotations?: Readonly<Record<keyof Annotations, AnnotationTally>>;
  /** Number of defects by code. */
  readonly counts: Readonly<Partial<Record<DefectCode, number>>>;
  /** The defects in the order of the file, at most `MAX_LISTED` of each code. */
  readonly defects: readonly Defect[];
  /** Number of defects that are counted but not listed. */
  readonly omitted: number;
}

/**
 * The report with defects that were found after reading.
 *
 * @param unlisted how many more there are by code, besides those that were found
 */
export function withDefects(
  report: ReadReport,
  found: readonly Defect[],
  unlisted: Readonly<Partial<Record<DefectCode, number>>> = {},
): ReadReport {
  const counts = { ...report.counts };
  for (const { code } of found) counts[code] = (counts[code] ?? 0) + 1;
  let { omitted } = report;
  for (const [code, more] of Object.entries(unlisted) as [DefectCode, number][]) {
    if (more === 0) continue;
    counts[code] = (counts[code] ?? 0) + more;
    omitted += more;
  }
  return { ...report, counts, defects: [...report.defects, ...found], omitted };
}

/** Defects listed of each code: limits the memory for a file in which every row is broken; counts stay exact. */
export const MAX_LISTED = 1000;

/** Collects the outcomes of one reading into a `ReadReport`. */
export class ReportBuilder {
  readonly #source: string;
  #offsets: OffsetUnit | undefined;
  readonly #counts: Partial<Record<DefectCode, number>> = {};
  readonly #defects: Defect[] = [];
  readonly #tallies = { entities: new Tally(), relations: new Tally() };
  #format: string;
  #guessed = false;
  #counted = false;
  #blank = 0;
  #marks = 0;
  #rowLines = 0;
  #accepted = 0;
  #rejected = 0;
  #leftOut = 0;
  #omitted = 0;

  constructor(source: string, format: string) {
    this.#source = source;
    this.#format = format;
  }

  /** What the offsets are taken to count. */
  counting(offsets: OffsetUnit | undefined): void {
    this.#offsets = offsets;
  }

  /** Replaces "auto" by the format that was guessed. */
  guessed(format: string): void {
    this.#format = format;
    this.#guessed = true;
  }

  add(outcome: RowOutcome<unknown>): void {
    if (outcome.kind === "blank") this.#blank++;
    else if (outcome.kind === "mark") this.#marks++;
    else if (outcome.kind === "accepted") this.#accepted++;
    else if (outcome.kind === "rejected") this.#rejected++;
    else if (outcome.kind === "left-out") this.#leftOut++;
    else outcome.kind satisfies "file";
    if (outcome.kind === "accepted" || outcome.kind === "rejected" || outcome.kind === "left-out") {
      this.#rowLines += outcome.lines ?? 1;
      if (outcome.found !== undefined) this.#tally(outcome, outcome.found);
    }
    for (const found of outcome.defects) {
      const count = (this.#counts[found.code] ?? 0) + 1;
      this.#counts[found.code] = count;
      if (count <= MAX_LISTED) this.#defects.push(found);
      else this.#omitted++;
    }
  }

  #tally(
    outcome: RowOutcome<unknown> & { readonly kind: "accepted" | "rejected" | "left-out" },
    found: Annotations,
  ) {
    this.#counted = true;
    // Rows with annotations are documents.
    const document = outcome.kind === "accepted" ? (outcome.value as Document) : undefined;
    for (const kind of KINDS) {
      const tally = this.#tallies[kind];
      const kept = document?.[kind].length ?? 0;
      let rest = found[kind] - kept;
      for (const { code, leftOut } of outcome.defects) {
        if (leftOut === undefined || leftOut[kind] === 0) continue;
        tally.leftOut[code] = (tally.leftOut[code] ?? 0) + leftOut[kind];
        rest -= leftOut[kind];
      }
      tally.found += found[kind];
      tally.kept += kept;
      if (outcome.kind === "rejected") tally.rejected += rest;
    }
  }

  report(): ReadReport {
    const read = this.#accepted + this.#rejected + this.#leftOut;
    const { entities, relations } = this.#tallies;
    return {
      source: this.#source,
      format: this.#format,
      ...(this.#offsets !== undefined && { offsets: this.#offsets }),
      lines: this.#blank + this.#marks + this.#rowLines,
      blank: this.#blank,
      marks: this.#marks,
      rowLines: this.#rowLines,
      read,
      accepted: this.#accepted,
      rejected: this.#rejected,
      leftOut: this.#leftOut,
      guessed: this.#guessed,
      ...(this.#counted && { annotations: { entities: entities.value(), relations: relations.value() } }),
      counts: { ...this.#counts },
      defects: [...this.#defects],
      omitted: this.#omitted,
    };
  }
}

const KINDS = ["entities", "relations"] as const;

class Tally {
  found = 0;
  kept = 0;
  rejected = 0;
  readonly leftOut: Partial<Record<DefectCode, number>> = {};

  value(): AnnotationTally {
    const { found, kept, rejected, leftOut } = this;
    return { found, kept, rejected, leftOut: { ...leftOut } };
  }
}
