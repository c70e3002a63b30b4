// The conclusion of `relata validate`: whether the files can be used, or why nothing in them can.
import { counted } from "../base/counted.ts";
import type { ReadReport } from "../data/report.ts";
import { type FileContents, hasError } from "./file-account.ts";

/** A checked file. */
interface Checked {
  readonly report: ReadReport;
  readonly contents: Pick<FileContents, "pictures">;
  /** Names missing from the picture folder; undefined without a folder to check. */
  readonly missingPictures: readonly string[] | undefined;
}

export interface Verdict {
  readonly valid: boolean;
  /** Returns one sentence for each reason; if all is well, one that says so. */
  readonly lines: readonly string[];
}

/** @param folder where the pictures were expected */
export function verdictOf(files: readonly Checked[], folder: string | undefined): Verdict {
  const rejected = files.reduce((sum, { report }) => sum + report.rejected, 0);
  const reasons = [
    ...(rejected > 0 ? [`${counted(rejected, "row")} cannot be used`] : []),
    ...(rejected === 0 && files.some(({ report }) => hasError(report)) ? ["a file has errors"] : []),
    ...files
      .filter(({ report }) => report.accepted === 0)
      .map(({ report }) => `${report.source} has no usable row`),
    ...(folder === undefined ? [] : files.flatMap((file) => withoutPictures(file, folder))),
  ];
  if (reasons.length > 0) return { valid: false, lines: reasons.map((reason) => `not valid: ${reason}`) };
  const warnings = files.reduce((sum, { report }) => sum + report.defects.length + report.omitted, 0);
  const remark = warnings > 0 ? ` (${counted(warnings, "warning")} above)` : "";
  const leftOut = files.reduce((sum, { report }) => sum + report.leftOut, 0);
  const rest = leftOut > 0 ? `, except ${counted(leftOut, "row")} left out` : "";
  return { valid: true, lines: [`valid: every row can be used${rest}${remark}`] };
}

function withoutPictures({ report, contents, missingPictures = [] }: Checked, folder: string): string[] {
  const { pictures } = contents;
  if (pictures === 0 || missingPictures.length < pictures) return [];
  const what = pictures === 1 ? "the only picture" : `none of the ${pictures} pictures`;
  const verb = pictures === 1 ? "is not" : "is";
  return [`${what} that ${report.source} names ${verb} in ${folder}${hintOf(missingPictures, folder)}`];
}

/** Why the names may not be found, if they all show the same cause. */
function hintOf(names: readonly string[], folder: string): string {
  const last =
    folder
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? "";
  if (names.every((name) => /^[a-z]+:\/\//i.test(name)))
    return "; the names are URLs: download the pictures first";
  if (names.every((name) => /^(?:[/\\]|[a-z]:[/\\])/i.test(name)))
    return "; the names are absolute paths: make them relative to the folder";
  if (last !== "" && names.every((name) => name.startsWith(`${last}/`)))
    return `; the names already begin with "${last}/": name the parent folder`;
  if (names.every((name) => name.includes("\\"))) return "; the names contain backslashes: write them with /";
  return names.every((name) => !/\.\w{1,5}$/.test(name)) ? "; the names have no extension" : "";
}
