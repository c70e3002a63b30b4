// A run's record of its generated views: how many, why some were not used, and what the selection did.
import { counted } from "../../base/counted.ts";
import { describeReading } from "../../extractors/student/scores-file.ts";
import { formatNumber } from "../numbers.ts";
import type { Block, Cell, TableBlock } from "../report-data.ts";
import type { SelectionRecord, ViewsRecord } from "./read-run.ts";

/** Returns counts of accepted and rejected views, by reason. */
export function viewTable({ accepted, rejected, examplesWithoutViews }: ViewsRecord): TableBlock {
  return {
    kind: "table",
    title: "Counts",
    columns: [{ header: "" }, { header: "count", digits: 0 }],
    rows: [
      ["views accepted", accepted],
      ...Object.entries(rejected).map(([reason, count]): Cell[] => [`views rejected: ${reason}`, count]),
      ["training examples without a view", examplesWithoutViews],
    ],
  };
}

/** Returns views, cross-entropy and information about the label, before and after the selection. */
export function selectionBlocks(selection: SelectionRecord | undefined): Block[] {
  if (selection === undefined) return [];
  const { when, views, kept, examplesWithViews, examplesWithoutKept, information } = selection;
  const bare =
    examplesWithoutKept === undefined || examplesWithViews === undefined
      ? ""
      : ` ${examplesWithoutKept} of ${counted(examplesWithViews, "example")} with views keep none.`;
  const said = `Selection: ${ruleInWords(selection)}${when === "epoch" ? ", repeated in every epoch" : ""}. ${kept} of ${counted(views, "view")} kept.${bare}`;
  if (information === undefined) return [{ kind: "text", text: said }];
  const { teachersRead, labelEntropyNats, before, after } = information;
  const row = (name: string, one: typeof before): Cell[] => [
    name,
    one.views,
    one.crossEntropyNats,
    one.boundNats,
    intervalText(one.boundInterval),
    one.gainNats ?? null,
    intervalText(one.gainInterval),
  ];
  const rows = [
    row("before selection", before),
    ...(after === undefined ? [] : [row("after selection", after)]),
  ];
  return [
    { kind: "text", text: said },
    {
      kind: "table",
      title: "Information about the label, in nats",
      columns: [
        { header: "" },
        { header: "views", digits: 0 },
        { header: "cross-entropy" },
        { header: "I(S;Y) at least" },
        { header: "interval" },
        { header: "gain over no view" },
        { header: "interval" },
      ],
      rows,
      legend: `I(S;Y) ≥ H(Y) − cross-entropy, with H(Y) = ${formatNumber(labelEntropyNats)} nats; ${describeReading(teachersRead)}. The gain is the cross-entropy without a view minus that with one. Intervals cover 95 % of resamples of the examples; those that share a text or a picture are drawn together. After a selection by the same scores, the values are optimistic.`,
    },
  ];
}

function ruleInWords({ method, share = 1, margin }: SelectionRecord): string {
  return margin === undefined
    ? `${method}, ${Math.round(100 * share)} % of each example's views`
    : `${method}, views that lower the gold label's log-probability by at most ${formatNumber(margin)} nats`;
}

function intervalText(interval: readonly [number, number] | undefined): string | null {
  return interval === undefined ? null : `${formatNumber(interval[0])} to ${formatNumber(interval[1])}`;
}
