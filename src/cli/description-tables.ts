// `relata describe` on the terminal: splits side by side in small tables, with a bar for each share.
import type { CorpusDescription, LabelShare, SplitDescription } from "../audit/describe/description.ts";
import type { Quantities } from "../audit/describe/tally.ts";
import { counted } from "../base/counted.ts";
import type { Output } from "./output.ts";

const BAR_WIDTH = 12;
const EIGHTHS = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of eighths of a character; a share above 0 has at least one. */
function bar(share: number, width = BAR_WIDTH): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(Math.min(1, share) * width * 8));
  const whole = Math.floor(eighths / 8);
  return `${"█".repeat(whole)}${eighths % 8 > 0 ? EIGHTHS[eighths % 8] : ""}`.padEnd(width);
}

/** The description as text. @param top labels to list of each kind */
export function describeCorpus(
  { splits }: CorpusDescription,
  {
    top,
    page,
    output,
  }: { readonly top: number; readonly page?: string | undefined; readonly output: Output },
): string {
  const title = (text: string) => output.style("bold", text);
  const table = (name: string, rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : [`${title(name)}\n${columns([["", ...splits.map(nameOf)], ...rows])}`];
  const shares = (name: string, of: (split: SplitDescription) => readonly LabelShare[]) =>
    table(name, shareRows(splits, of, top));
  return [
    splits.map(readFrom).join("\n"),
    ...table("contents", overview(splits)),
    ...table("lengths: median (5 % to 95 %; longest)", lengths(splits)),
    ...shares("entity labels", ({ entities }) => entities.labels),
    ...mentions(splits, top, title),
    ...shares("relation labels", ({ relations }) => relations.labels),
    ...typePairs(splits, top, title),
    ...shares("categories", ({ categories }) => categories),
    ...table(
      "scripts, by most letters",
      countRows(splits, ({ scripts }) => scripts),
    ),
    ...table(
      "languages, guessed",
      countRows(splits, ({ languages }) => languages),
    ),
    ...table("fields of meta (documents)", metaRows(splits)),
    notes(splits).join("\n"),
    ...(page === undefined ? [] : [`page: ${page}`]),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const number = (value: number) => value.toLocaleString("en");
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const nameOf = ({ name }: SplitDescription) => name;

/** Rows as columns of their own width; all but the first and the bars are aligned at the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows
    .map((row) =>
      `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("   ")}`.trimEnd(),
    )
    .join("\n");
}

function readFrom({ name, documents, report }: SplitDescription): string {
  const rejected = report.rejected > 0 ? `, ${counted(report.rejected, "row")} rejected` : "";
  const leftOut = report.leftOut > 0 ? `, ${number(report.leftOut)} left out` : "";
  const defects = Object.entries(report.counts).map(([code, count]) => `${code} ${number(count)}`);
  const listed = defects.length > 0 ? `\n  relata validate lists: ${defects.join(", ")}` : "";
  return `${name}: ${counted(documents, "document")} of ${report.source} (${report.format})${rejected}${leftOut}${listed}`;
}

function overview(splits: readonly SplitDescription[]): string[][] {
  const row = (name: string, value: (split: SplitDescription) => number) => {
    const values = splits.map(value);
    return values.some((one) => one > 0) ? [[name, ...values.map(number)]] : [];
  };
  return [
    ...row("documents", ({ documents }) => documents),
    ...row("different texts", ({ distinctTexts }) => distinctTexts),
    ...row("words", ({ words }) => words?.total ?? 0),
    ...row("documents with a picture", ({ pictures }) => pictures.documents),
    ...row("different pictures", ({ pictures }) => pictures.distinct),
    ...row("pictures missing from the folder", ({ pictures }) => pictures.missing ?? 0),
    ...row("entities", ({ entities }) => entities.total),
    ...row("different mentions", ({ entities }) => entities.mentions.distinct),
    ...row("mentions with several labels", ({ entities }) => entities.mentions.ambiguous),
    ...row("relations", ({ relations }) => relations.total),
    ...row("ordered pairs of mentions", ({ pairs }) => pairs.total),
    ...row("pairs with a relation", ({ pairs }) => pairs.annotated),
    ...row("unannotated pairs", ({ pairs }) => pairs.unannotated),
    ...row("documents with two scripts", ({ mixedScripts }) => mixedScripts),
  ];
}

function lengths(splits: readonly SplitDescription[]): string[][] {
  const row = (name: string, of: (split: SplitDescription) => Quantities | undefined) =>
    splits.some((split) => (of(split)?.max ?? 0) > 0)
      ? [[name, ...splits.map((split) => spread(of(split)))]]
      : [];
  const encoder = splits.find(({ tokens }) => tokens !== undefined)?.tokens;
  return [
    ...row("words", ({ words }) => words),
    ...row("characters", ({ characters }) => characters),
    ...row("tokens", ({ tokens }) => tokens),
    ...(encoder && Number.isFinite(encoder.maxLength)
      ? [
          [
            `documents above ${encoder.maxLength} tokens`,
            ...splits.map(({ tokens }) =>
              tokens === undefined
                ? ""
                : `${number(tokens.longer)} (${percent(tokens.longer / tokens.count)})`,
            ),
          ],
        ]
      : []),
    ...row("entities", ({ entities }) => entities.perDocument),
    ...row("relations", ({ relations }) => relations.perDocument),
    ...row("ordered pairs", ({ pairs }) => pairs.perDocument),
    ...(["entities", "relations", "categories"] as const).flatMap((kind) =>
      row(`probability of ${kind}, in %`, ({ probabilities }) => probabilities[kind]),
    ),
  ];
}

function spread(of: Quantities | undefined): string {
  if (of === undefined) return "";
  const short = (value: number) => (Number.isInteger(value) ? number(value) : value.toFixed(1));
  return `${short(of.median)} (${short(of.p5)} to ${short(of.p95)}; ${short(of.max)})`;
}

const MOST_BARS = 3; // splits side by side before bars no longer fit into a terminal

function shareRows(
  splits: readonly SplitDescription[],
  of: (split: SplitDescription) => readonly LabelShare[],
  top: number,
): string[][] {
  const all = splits.map((split) => new Map(of(split).map((share) => [share.label, share])));
  const labels = new Set(all.flatMap((own) => [...own.keys()]));
  const rows = [...labels].slice(0, top).map((label) => [
    label,
    ...all.map((own) => {
      const { count = 0, share = 0 } = own.get(label) ?? {};
      return `${number(count).padStart(7)} ${percent(share).padStart(7)}${splits.length <= MOST_BARS ? ` ${bar(share)}` : ""}`;
    }),
  ]);
  return labels.size > top ? [...rows, [`and ${labels.size - top} more (--top)`]] : rows;
}

function countRows(
  splits: readonly SplitDescription[],
  of: (split: SplitDescription) => Readonly<Record<string, number>>,
): string[][] {
  return shareRows(
    splits,
    (split) =>
      Object.entries(of(split)).map(([label, count]) => ({
        label,
        count,
        share: count / split.documents,
        documents: count,
      })),
    Number.POSITIVE_INFINITY,
  );
}

function mentions(
  splits: readonly SplitDescription[],
  top: number,
  title: (text: string) => string,
): string[] {
  return splits.flatMap(({ name, entities }) => {
    if (entities.labels.length === 0) return [];
    const rows = entities.labels
      .slice(0, top)
      .map(({ label, count, distinctMentions, ambiguousMentions, commonest }) => [
        label,
        `${number(distinctMentions)} of ${number(count)}`,
        number(ambiguousMentions),
        commonest.map((one) => `${one.text} ${number(one.count)}`).join(", "),
      ]);
    const { ambiguous, ambiguousEntities, examples } = entities.mentions;
    const shown = examples.map(
      ({ text, labels }) =>
        `${text} (${Object.entries(labels)
          .map(([label, count]) => `${label} ${number(count)}`)
          .join(", ")})`,
    );
    const several =
      ambiguous === 0
        ? []
        : [
            `  ${number(ambiguous)} mentions have several labels (${number(ambiguousEntities)} entities): ${shown.join("; ")}`,
          ];
    return [
      [
        title(`mentions of ${name}`),
        textColumns([["", "different", "ambiguous", "commonest"], ...rows]),
        ...several,
      ].join("\n"),
    ];
  });
}

function typePairs(
  splits: readonly SplitDescription[],
  top: number,
  title: (text: string) => string,
): string[] {
  const [first] = splits.filter(({ relations }) => relations.labels.length > 0);
  if (first === undefined) return [];
  const types = new Set(first.entities.labels.map(({ label }) => label));
  if (types.size < 2) return []; // one pair of types says nothing
  const rows = first.relations.labels.slice(0, top).map(({ label, types }) => [
    label,
    types
      .slice(0, 4)
      .map(({ head, tail, count }) => `${head} > ${tail} ${number(count)}`)
      .concat(types.length > 4 ? [`and ${types.length - 4} more`] : [])
      .join(", "),
  ]);
  return [`${title(`types that relations join in ${first.name}`)}\n${textColumns(rows)}`];
}

/** Like `columns`, aligned at the left. */
function textColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows
    .map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("   ")}`.trimEnd())
    .join("\n");
}

function metaRows(splits: readonly SplitDescription[]): string[][] {
  const names = new Set(splits.flatMap(({ meta }) => meta.map(({ name }) => name)));
  return [...names].map((name) => [
    name,
    ...splits.map(({ meta }) => {
      const field = meta.find((one) => one.name === name);
      return field === undefined ? "" : `${number(field.documents)} ${field.kinds.join("/")}`;
    }),
  ]);
}

function notes(splits: readonly SplitDescription[]): string[] {
  return [
    ...splits.flatMap(({ name, order, documents }) => {
      const { by, sameAsNext, sameByChance, lengthTrend, idsAscend } = order;
      if (documents < 2) return [];
      const labels =
        sameAsNext === undefined || sameByChance === undefined
          ? ""
          : `, ${percent(sameAsNext)} of neighbours have the same ${by} (${percent(sameByChance)} by chance)`;
      const trend =
        lengthTrend === undefined ? "" : `, length and position correlate by ${lengthTrend.toFixed(2)}`;
      return [`order of ${name}: ids ${idsAscend ? "ascend" : "do not ascend"}${labels}${trend}`];
    }),
    "Words are tokens of the data set, or else what white space divides. Languages are guessed from scripts and function words (docs/describe.md says how surely).",
  ];
}
