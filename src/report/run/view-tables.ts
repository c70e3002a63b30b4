// A run's record of its generated views: how many, why some were not used, and what the selection did.
import { counted } from "../../base/counted.ts";
import { describeReading } from "../../extractors/student/scores-file.ts";
import { comparisonVerdict } from "../../extractors/student/selection-notes.ts";
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
  const compared = comparisonBlocks(selection);
  const said = `Selection: ${ruleInWords(selection)}${when === "epoch" ? ", repeated in every epoch" : ""}. ${kept} of ${counted(views, "view")} kept.${bare}`;
  if (information === undefined) return [{ kind: "text", text: said }, ...compared];
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
  const second = selection.bySecondTeachers;
  const rows = [
    row("before selection", before),
    ...(after === undefined ? [] : [row("after selection", after)]),
    ...(second === undefined ? [] : [row("before, by the second teachers", second.before)]),
    ...(second?.after === undefined
      ? []
      : [row("after the first teachers' choice alone, by the second", second.after)]),
  ];
  return [
    { kind: "text", text: said },
    ...compared,
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

/** Generated views beside real ones, and the gate. */
function comparisonBlocks({ comparison, gate }: SelectionRecord): Block[] {
  const blocks: Block[] = gate === undefined ? [] : [{ kind: "text", text: gateInWords(gate) }];
  if (comparison === undefined) return blocks;
  const { of, all, kept, keptBySecondTeachers, real } = comparison;
  const rows = (
    [
      [`generated ${of}`, all],
      [`kept ${of}`, kept],
      [`${of} that the first teachers keep, by the second`, keptBySecondTeachers],
      [`real ${of} of the validation documents`, real],
    ] as const
  ).flatMap(([name, one]): Cell[][] =>
    one === undefined ? [] : [[name, one.views, one.share, intervalText(one.interval), one.gainNats]],
  );
  return [
    ...blocks,
    {
      kind: "table",
      title: "Generated and real views, as teachers read them",
      columns: [
        { header: "" },
        { header: "readings", digits: 0 },
        { header: "label named" },
        { header: "interval" },
        { header: "gain over no view, nats" },
      ],
      rows,
      legend: `Label named: share of the views from which teachers that were not trained on the example predict its gold label. Real views are read by every teacher. In short: ${comparisonVerdict(comparison)}.`,
    },
  ];
}

function gateInWords({
  open,
  gainNats,
  gainInterval,
  marginNats,
}: NonNullable<SelectionRecord["gate"]>): string {
  const decision = open ? "The gate is open" : "The gate is shut: all views are kept";
  if (gainNats === undefined) return `${decision}. No view could be exchanged for one of another example.`;
  return `${decision}. To teachers that do not choose, an example's views tell ${formatNumber(gainNats)} nats more about its label than those of other examples (95 % interval ${intervalText(gainInterval)}); it opens above ${formatNumber(marginNats)}.`;
}

function ruleInWords({ method, share = 1, margin }: SelectionRecord): string {
  return margin === undefined
    ? `${method}, ${Math.round(100 * share)} % of each example's views`
    : `${method}, views that lower the gold label's log-probability by at most ${formatNumber(margin)} nats`;
}

function intervalText(interval: readonly [number, number] | undefined): string | null {
  return interval === undefined ? null : `${formatNumber(interval[0])} to ${formatNumber(interval[1])}`;
}
