// The page of an audit: the findings worst first, each with its rows.
import { counted } from "../base/counted.ts";
import { formatNumber } from "../report/numbers.ts";
import type { Block, ReportData } from "../report/report-data.ts";
import type { Finding } from "./finding.ts";
import type { AuditResult } from "./run-audit.ts";

/** Rows of a finding on the page: enough to see what it is about. */
const ROWS_SHOWN = 50;

/** The data of an audit's page. */
export function auditPage(result: AuditResult): ReportData {
  const { files, findings, ignored, unmatched } = result;
  const count = (severity: string) => findings.filter((one) => one.severity === severity).length;
  const documents = files.reduce((sum, { read }) => sum + read.accepted, 0);
  return {
    title: "Audit",
    subtitle: `${counted(documents, "document")} in ${counted(files.length, "file")}: ${files.map(({ split }) => split).join(", ")}.`,
    facts: [
      { label: "errors", value: count("error"), digits: 0, detail: "scores on this data mislead" },
      { label: "warnings", value: count("warning"), digits: 0, detail: "they may" },
      { label: "notes", value: count("note"), digits: 0, detail: "worth knowing" },
      { label: "ignored", value: ignored.length, digits: 0, detail: "with a reason" },
    ],
    notes: unmatched.map(({ code, reason }) => ({
      tone: "caution" as const,
      text: `An entry of the ignore list matches nothing: ${code} (${reason}).`,
    })),
    sections: [
      {
        title: "Findings, the worst first",
        shortTitle: "Findings",
        blocks: findings.length === 0 ? [{ kind: "text", text: "Nothing was found." }] : [overview(findings)],
      },
      ...findings.map((finding, i) => ({
        title: `${i + 1}. ${finding.code}: ${finding.feature}, ${finding.split}`,
        shortTitle: `${i + 1}. ${finding.code}`,
        intro: `${finding.sentence} ${finding.remedy}`,
        blocks: rowsOf(finding),
      })),
      ...(ignored.length === 0
        ? []
        : [
            {
              title: "Ignored",
              blocks: [
                {
                  kind: "table" as const,
                  title: "Findings that the ignore list accepts",
                  columns: [
                    { header: "code" },
                    { header: "split" },
                    { header: "sentence" },
                    { header: "reason" },
                  ],
                  rows: ignored.map(({ code, split, sentence, reason }) => [code, split, sentence, reason]),
                },
              ],
            },
          ]),
      {
        title: "Files and checks",
        shortTitle: "Files",
        blocks: [
          {
            kind: "table",
            title: "Files as they were read",
            columns: [
              { header: "file" },
              { header: "split" },
              { header: "format" },
              { header: "accepted", digits: 0 },
              { header: "rejected", digits: 0 },
            ],
            rows: files.map(({ path, split, read }) => [
              path,
              split,
              read.format,
              read.accepted,
              read.rejected,
            ]),
          },
          ...Object.entries(result.accounts).map(
            ([check, said]): Block => ({ kind: "text", text: `${check}: ${said.join(" ")}` }),
          ),
        ],
      },
    ],
  };
}

function overview(findings: readonly Finding[]): Block {
  return {
    kind: "table",
    title: "All findings",
    columns: [
      { header: "" },
      { header: "severity" },
      { header: "code" },
      { header: "feature" },
      { header: "split" },
      { header: "strength" },
      { header: "95 % interval" },
    ],
    rows: findings.map(({ severity, code, feature, split, strength, interval }, i) => [
      `${i + 1}`,
      severity,
      code,
      feature,
      split,
      strength,
      interval === null ? null : `${formatNumber(interval[0], 3)} to ${formatNumber(interval[1], 3)}`,
    ]),
  };
}

function rowsOf({ rows }: Finding): Block[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, ROWS_SHOWN);
  return [
    {
      kind: "table",
      title: rows.length > shown.length ? `The first ${shown.length} of ${rows.length} rows` : "Rows",
      columns: [{ header: "id" }, { header: "file" }, { header: "row", digits: 0 }],
      rows: shown.map(({ file, row, id }) => [id, file, row]),
      folded: true,
    },
  ];
}
