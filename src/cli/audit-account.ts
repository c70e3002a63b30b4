// `relata audit` on the terminal: one paragraph a finding, the worst first, and what was looked at.
import type { Finding, Severity } from "../audit/finding.ts";
import type { AuditResult } from "../audit/run-audit.ts";
import { counted } from "../base/counted.ts";
import type { Output } from "./output.ts";
import type { TextStyle } from "./style.ts";

const STYLES: Readonly<Record<Severity, TextStyle>> = { error: "red", warning: "yellow", note: "dim" };

/** The result as text. `limit`: rows to show for each finding. */
export function describeAudit(
  { files, findings, ignored, unmatched, accounts }: AuditResult,
  {
    limit,
    page,
    output,
  }: { readonly limit: number; readonly page?: string | undefined; readonly output: Output },
): string {
  const read = files.map(({ path, split, read, sides }) => {
    const entries = Object.entries(sides).map(
      ([name, count]) => `, ${count.toLocaleString("en")} in ${name}`,
    );
    const rejected =
      read.rejected === 0 ? "" : `, ${counted(read.rejected, "row")} rejected (relata validate says why)`;
    return `${split}: ${counted(read.accepted, "document")} of ${path} (${read.format})${rejected}${entries.join("")}`;
  });
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  return [
    read.join("\n"),
    ...findings.map((finding) => describeFinding(finding, limit, output)),
    ...Object.entries(accounts).map(([name, said]) => output.style("dim", `${name}: ${said.join(" ")}`)),
    [
      ...ignored.map(
        ({ code, feature, split, reason }) => `ignored[${code}] ${feature}, ${split}: ${reason}`,
      ),
      ...unmatched.map(({ code, reason }) =>
        output.style("yellow", `an entry of the ignore list matches nothing: ${code} (${reason})`),
      ),
      `${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}, ${counted(count("note"), "note")}${ignored.length > 0 ? `, ${ignored.length} ignored` : ""}${page === undefined ? "" : `; page: ${page}`}`,
    ].join("\n"),
  ].join("\n\n");
}

function describeFinding(finding: Finding, limit: number, output: Output): string {
  const { severity, code, sentence, remedy, rows } = finding;
  const shown = rows.slice(0, limit).map(({ file, row, id }) => `    ${file}:${row}  ${id}`);
  const rest =
    rows.length > shown.length
      ? [`    and ${rows.length - shown.length} more rows (raise --limit, or use --json)`]
      : [];
  return [
    `${output.style(STYLES[severity], `${severity}[${code}]`)} ${sentence}`,
    ...shown,
    ...rest,
    `  -> ${remedy}`,
  ].join("\n");
}
