// The conclusion of `relata validate`: whether the files can be used, or why nothing in them can.
import { counted } from "../base/counted.ts";
import type { ReadReport } from "../data/report.ts";
import { type FileContents, hasError } from "./file-account.ts";

/** A checked file. */
interface Checked {
  readonly report: ReadReport;
  readonly contents: Pick<FileContents, "pictures" | "entities" | "categories">;
  /** Entities that an entity model would not learn. */
  readonly untaggable: number;
  /** Names missing from the picture folder; undefined without a folder to check. */
  readonly missingPictures: readonly string[] | undefined;
}

export interface Verdict {
  readonly valid: boolean;
  /** Returns one sentence for each reason; if all is well, one that says so. */
  readonly lines: readonly string[];
}

/** The conclusion for all files. */
export function verdictOf(
  files: readonly Checked[],
  {
    folder,
    strict = false,
  }: {
    /** Where the pictures were expected. */
    readonly folder?: string | undefined;
    /** Whether a warning is a reason too. */
    readonly strict?: boolean | undefined;
  },
): Verdict {
  const rejected = files.reduce((sum, { report }) => sum + report.rejected, 0);
  const reasons = [
    ...(rejected > 0 ? [`${counted(rejected, "row")} cannot be used`] : []),
    ...(rejected === 0 && files.some(({ report }) => hasError(report)) ? ["a file has errors"] : []),
    ...files
      .filter(({ report }) => report.accepted === 0)
      .map(({ report }) => `${report.source} has no usable row`),
    ...(folder === undefined ? [] : files.flatMap((file) => withoutPictures(file, folder))),
  ];
  const warnings = files.reduce((sum, { report }) => sum + report.defects.length + report.omitted, 0);
  if (strict && reasons.length === 0 && warnings > 0)
    reasons.push(`${counted(warnings, "warning")} above (--strict)`);
  if (reasons.length > 0) return { valid: false, lines: reasons.map((reason) => `not valid: ${reason}`) };
  const remark = warnings > 0 ? ` (${counted(warnings, "warning")} above)` : "";
  const leftOut = files.reduce((sum, { report }) => sum + report.leftOut, 0);
  const rest = leftOut > 0 ? `, except ${counted(leftOut, "row")} left out` : "";
  const lost = files.reduce((sum, { untaggable }) => sum + untaggable, 0);
  const isBare = files.every(
    ({ contents }) => contents.entities === 0 && Object.keys(contents.categories).length === 0,
  );
  const use = isBare
    ? `every row can be read${rest}, but no document has an entity, so there is nothing to learn`
    : lost > 0
      ? `every row can be read${rest}, but an entity model would not learn ${counted(lost, "entity", "entities")}`
      : `every row can be used${rest}`;
  return { valid: true, lines: [`valid: ${use}${remark}`] };
}

function withoutPictures({ report, contents, missingPictures = [] }: Checked, folder: string): string[] {
  const { pictures } = contents;
  if (pictures === 0 || missingPictures.length < pictures) return [];
  const what = pictures === 1 ? "the only picture" : `none of the ${pictures} pictures`;
  const verb = pictures === 1 ? "is not" : "is";
  return [`${what} that ${report.source} names ${verb} in ${folder}`];
}
