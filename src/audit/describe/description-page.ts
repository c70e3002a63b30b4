// The page of `relata describe`: the terminal's tables in full, and charts of lengths and label shares.
import { counted } from "../../base/counted.ts";
import type {
  Block,
  DotChart,
  Histogram,
  ReportData,
  Section,
  TableBlock,
} from "../../report/report-data.ts";
import type { CorpusDescription, LabelShare, SplitDescription } from "./description.ts";
import type { SplitTallies } from "./split-describer.ts";
import type { Quantities, Tally } from "./tally.ts";

/** The data of a description's page. @param tallies of the same splits */
export function descriptionPage({ splits }: CorpusDescription, tallies: readonly SplitTallies[]): ReportData {
  const documents = splits.reduce((sum, split) => sum + split.documents, 0);
  const total = (of: (split: SplitDescription) => number) =>
    splits.reduce((sum, split) => sum + of(split), 0);
  return {
    title: "Description of a corpus",
    subtitle: `${counted(documents, "document")} in ${counted(splits.length, "file")}: ${splits.map(({ name }) => name).join(", ")}.`,
    facts: [
      { label: "documents", value: documents, digits: 0 },
      { label: "words", value: total(({ words }) => words?.total ?? 0), digits: 0 },
      { label: "entities", value: total(({ entities }) => entities.total), digits: 0 },
      { label: "relations", value: total(({ relations }) => relations.total), digits: 0 },
      { label: "different pictures", value: total(({ pictures }) => pictures.distinct), digits: 0 },
    ],
    notes: splits.flatMap(({ report }) =>
      report.rejected === 0
        ? []
        : [
            {
              tone: "caution" as const,
              text: `${counted(report.rejected, "row")} of ${report.source} were rejected and are not counted here; relata validate says why.`,
            },
          ],
    ),
    sections: [
      { title: "Lengths", blocks: [...lengthCharts(splits, tallies), lengthTable(splits)] },
      ...labelSection("Entity labels", splits, ({ entities }) => entities.labels),
      ...mentionSection(splits),
      ...labelSection("Relation labels", splits, ({ relations }) => relations.labels),
      ...typesSection(splits),
      ...pairsSection(splits),
      ...labelSection("Categories", splits, ({ categories }) => categories),
      {
        title: "Scripts and languages",
        intro:
          "Languages are guessed from scripts and function words; texts with too few of them are undecided.",
        blocks: [
          countTable("Documents by the script of most letters", splits, ({ scripts }) => scripts),
          countTable("Documents by guessed language", splits, ({ languages }) => languages),
        ],
      },
      ...orderSection(splits),
    ],
  };
}

const MOST_BINS = 40;

function lengthCharts(splits: readonly SplitDescription[], tallies: readonly SplitTallies[]): Block[] {
  const chart = (kind: keyof SplitTallies, title: string, reference?: number): Histogram[] => {
    const found = tallies.map((own) => own[kind]);
    if (found.every((tally) => tally.total === 0)) return [];
    const shown = splits.map(({ name }, i) => ({ name, tally: found[i] }));
    return [
      {
        kind: "histogram",
        title,
        description: `How many documents have how many ${kind}; the longest of the last hundredth are in the last bin.`,
        x: { label: kind, integer: true },
        ...binned(shown.flatMap(({ name, tally }) => (tally ? [{ name, tally }] : []))),
        ...(reference === undefined
          ? {}
          : { references: [{ name: "the encoder's limit", value: reference }] }),
      },
    ];
  };
  const limit = splits.find(({ tokens }) => tokens !== undefined)?.tokens?.maxLength;
  return [
    ...chart("words", "Words of a document"),
    ...chart("tokens", "Tokens of a document", Number.isFinite(limit) ? limit : undefined),
    ...chart("entities", "Entities of a document"),
    ...chart("relations", "Relations of a document"),
  ];
}

/** Bins of whole numbers of one width, up to the 99th hundredth. */
function binned(series: readonly { readonly name: string; readonly tally: Tally }[]) {
  const top = Math.max(1, ...series.map(({ tally }) => upperEnd(tally)));
  const width = Math.max(1, Math.ceil((top + 1) / MOST_BINS));
  const bins = Math.ceil((top + 1) / width);
  return {
    edges: Array.from({ length: bins + 1 }, (_, i) => i * width),
    series: series.map(({ name, tally }) => {
      const counts = new Array<number>(bins).fill(0);
      for (const [value, count] of tally.entries()) {
        const bin = Math.min(bins - 1, Math.floor(value / width));
        counts[bin] = (counts[bin] ?? 0) + count;
      }
      return { name, counts };
    }),
  };
}

/** The value that 99 of 100 do not exceed. */
function upperEnd(tally: Tally): number {
  let seen = 0;
  for (const [value, count] of tally.entries()) {
    seen += count;
    if (seen >= 0.99 * tally.count) return value;
  }
  return 0;
}

function lengthTable(splits: readonly SplitDescription[]): TableBlock {
  const rows = splits.flatMap(({ name, words, characters, tokens, entities, relations, pairs }) =>
    (
      [
        ["words", words],
        ["characters", characters],
        ["tokens", tokens],
        ["entities", entities.perDocument],
        ["relations", relations.perDocument],
        ["ordered pairs", pairs.perDocument],
      ] as const
    ).flatMap(([what, of]) => (of === undefined ? [] : [[`${name}: ${what}`, ...quantiles(of)]])),
  );
  return {
    kind: "table",
    title: "Numbers for each document",
    columns: [
      { header: "" },
      ...["mean", "least", "5 %", "25 %", "median", "75 %", "95 %", "most"].map((header) => ({
        header,
        digits: 1,
      })),
    ],
    rows,
  };
}

function quantiles({ mean, min, p5, p25, median, p75, p95, max }: Quantities): number[] {
  return [mean, min, p5, p25, median, p75, p95, max];
}

const MOST_DOTS = 40; // rows of a chart; the table below has all

function labelSection(
  title: string,
  splits: readonly SplitDescription[],
  of: (split: SplitDescription) => readonly LabelShare[],
): Section[] {
  const all = splits.map((split) => new Map(of(split).map((share) => [share.label, share])));
  const labels = [...new Set(all.flatMap((own) => [...own.keys()]))];
  if (labels.length === 0) return [];
  const shown = labels.slice(0, MOST_DOTS);
  const chart: DotChart = {
    kind: "dots",
    title: `${title}: shares`,
    description: `The share of each label in each split${labels.length > shown.length ? `; the ${MOST_DOTS} commonest of ${labels.length} labels` : ""}.`,
    x: { label: "share", range: [0, 1] },
    dots: shown.flatMap((label) =>
      all.flatMap((own, i) => {
        const share = own.get(label);
        const split = splits.length > 1 ? `, ${splits[i]?.name}` : "";
        return share === undefined ? [] : [{ name: `${label}${split}`, mean: share.share, emphasis: i > 0 }];
      }),
    ),
  };
  const table: TableBlock = {
    kind: "table",
    title: `${title}: counts`,
    columns: [
      { header: "label" },
      ...splits.flatMap(({ name }) => [
        { header: name, digits: 0 },
        { header: "share", digits: 4 },
        { header: "documents", digits: 0 },
      ]),
    ],
    rows: labels.map((label) => [
      label,
      ...all.flatMap((own) => {
        const share = own.get(label);
        return share === undefined ? [0, 0, 0] : [share.count, share.share, share.documents];
      }),
    ]),
  };
  return [{ title, blocks: [chart, table] }];
}

function mentionSection(splits: readonly SplitDescription[]): Section[] {
  const rows = splits.flatMap(({ name, entities }) =>
    entities.labels.map(({ label, count, distinctMentions, ambiguousMentions, commonest }) => [
      `${name}: ${label}`,
      count,
      distinctMentions,
      ambiguousMentions,
      commonest.map((one) => `${one.text} (${one.count})`).join(", "),
    ]),
  );
  if (rows.length === 0) return [];
  const ambiguous = splits.flatMap(({ name, entities }) =>
    entities.mentions.examples.map(({ text, labels }) => [
      text,
      name,
      Object.entries(labels)
        .map(([label, count]) => `${label} ${count}`)
        .join(", "),
    ]),
  );
  return [
    {
      title: "Mentions",
      blocks: [
        {
          kind: "table",
          title: "Mentions of each label",
          columns: [
            { header: "label" },
            { header: "entities", digits: 0 },
            { header: "different", digits: 0 },
            { header: "with other labels too", digits: 0 },
            { header: "commonest" },
          ],
          rows,
        },
        ...(ambiguous.length === 0
          ? []
          : [
              {
                kind: "table" as const,
                title: "The commonest mentions with several labels",
                columns: [{ header: "mention" }, { header: "split" }, { header: "labels" }],
                rows: ambiguous,
              },
            ]),
      ],
    },
  ];
}

function typesSection(splits: readonly SplitDescription[]): Section[] {
  const rows = splits.flatMap(({ name, relations }) =>
    relations.labels.flatMap(({ label, types }) =>
      types.map(({ head, tail, count }) => [`${name}: ${label}`, head, tail, count]),
    ),
  );
  if (rows.length === 0) return [];
  return [
    {
      title: "Types that relations join",
      shortTitle: "Types",
      blocks: [
        {
          kind: "table",
          title: "Relations by the types of head and tail",
          columns: [
            { header: "relation" },
            { header: "head" },
            { header: "tail" },
            { header: "count", digits: 0 },
          ],
          rows,
          folded: rows.length > MOST_DOTS,
        },
      ],
    },
  ];
}

function pairsSection(splits: readonly SplitDescription[]): Section[] {
  if (splits.every(({ pairs }) => pairs.total === 0)) return [];
  return [
    {
      title: "Pairs of mentions",
      shortTitle: "Pairs",
      intro: "Ordered pairs of a document's mentions with different spans.",
      blocks: [
        {
          kind: "table",
          title: "Pairs with and without a relation",
          columns: [
            { header: "split" },
            ...["pairs", "with a relation", "without", "documents above 64 pairs"].map((header) => ({
              header,
              digits: 0,
            })),
          ],
          rows: splits.map(({ name, pairs }) => [
            name,
            pairs.total,
            pairs.annotated,
            pairs.unannotated,
            pairs.documentsBeyondMost,
          ]),
        },
      ],
    },
  ];
}

function countTable(
  title: string,
  splits: readonly SplitDescription[],
  of: (split: SplitDescription) => Readonly<Record<string, number>>,
): TableBlock {
  const names = [...new Set(splits.flatMap((split) => Object.keys(of(split))))];
  return {
    kind: "table",
    title,
    columns: [{ header: "" }, ...splits.map(({ name }) => ({ header: name, digits: 0 }))],
    rows: names.map((name) => [
      name,
      ...splits.map((split) => new Map(Object.entries(of(split))).get(name) ?? 0),
    ]),
  };
}

function orderSection(splits: readonly SplitDescription[]): Section[] {
  return [
    {
      title: "Order of the files",
      shortTitle: "Order",
      blocks: [
        {
          kind: "table",
          title: "What the order gives away",
          columns: [
            { header: "split" },
            { header: "ids ascend" },
            { header: "label of neighbours" },
            { header: "same as next" },
            { header: "by chance" },
            { header: "correlation of length and position" },
          ],
          rows: splits.map(({ name, order }) => [
            name,
            order.idsAscend ? "yes" : "no",
            order.by ?? "none",
            order.sameAsNext ?? null,
            order.sameByChance ?? null,
            order.lengthTrend ?? null,
          ]),
        },
      ],
    },
  ];
}
