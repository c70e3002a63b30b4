// The end-to-end score of a run of both tasks: entities, and relations between gold and between found entities, with intervals.

import { z } from "zod";
import { counted } from "../../base/counted.ts";
import { formatNumber } from "../numbers.ts";
import type { Block, Cell, Dot, Fact, Section, TableBlock } from "../report-data.ts";

const score = z.looseObject({
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  support: z.number(),
  predicted: z.number(),
});
type Score = z.output<typeof score>;
const mean = score.pick({ precision: true, recall: true, f1: true });
const labelled = score.extend({ label: z.string() });
const interval = z.tuple([z.number(), z.number()]);
type Interval = z.output<typeof interval>;
const intervals = z.looseObject({
  micro: interval,
  macro: interval,
  labels: z.array(z.looseObject({ label: z.string(), interval })),
});
const pass = z.looseObject({ micro: score, macro: mean, labels: z.array(labelled), intervals });

/** The part of the scores of a bundle that a report shows. */
export const endToEndSchema = z.looseObject({
  entities: z.looseObject({ micro: score, macro: mean, types: z.array(labelled), intervals }),
  relations: z.looseObject({ goldEntities: pass, foundEntities: pass }).optional(),
  bootstrap: z.looseObject({ samples: z.number(), confidence: z.number(), clusters: z.number() }),
  notes: z.array(z.string()),
});
export type EndToEnd = z.output<typeof endToEndSchema>;

const SCORES = ["precision", "recall", "F1"].map((header) => ({ header }));
const COUNTS = ["gold", "found"].map((header) => ({ header, digits: 0 }));

/** F1 of entities and of relations, both found in the texts. */
export function endToEndFacts({ entities, relations }: EndToEnd): Fact[] {
  const fact = (label: string, value: number, ends: Interval): Fact => ({
    label,
    value,
    detail: `${shown(ends)}, on validation`,
  });
  const found = relations?.foundEntities;
  return [
    fact("entities, end to end", entities.micro.f1, entities.intervals.micro),
    ...(found ? [fact("relations, end to end", found.micro.f1, found.intervals.micro)] : []),
  ];
}

/** Returns the section, with the scores of every type and relation. */
export function endToEndSection(scores: EndToEnd): Section {
  const { entities, relations, bootstrap } = scores;
  const share = `${Math.round(100 * bootstrap.confidence)} %`;
  const said = `The interval covers F1 with a confidence of ${share}: from ${counted(bootstrap.samples, "resample")} of the documents, in ${counted(bootstrap.clusters, "group")} of those that share a text or a picture.`;
  const rows = [
    { name: "entities", ...entities },
    ...(relations
      ? [
          { name: "relations, gold entities given", ...relations.goldEntities },
          { name: "relations, end to end", ...relations.foundEntities },
        ]
      : []),
  ];
  const chart: Block = {
    kind: "dots",
    title: "F1 from texts",
    description: "Micro F1 of the bundle on the validation documents.",
    x: { label: "micro F1", range: [0, 1] },
    dots: rows.map(
      ({ name, micro, intervals }): Dot => ({
        name,
        mean: micro.f1,
        interval: intervals.micro,
      }),
    ),
    errorBars: `${share} interval`,
  };
  const table: TableBlock = {
    kind: "table",
    title: "Scores of the bundle",
    columns: [{ header: "score" }, ...SCORES, { header: `${share} interval` }, ...COUNTS],
    rows: rows.flatMap(({ name, micro, macro, intervals }) => [
      [name, ...cells(micro, intervals.micro), micro.support, micro.predicted],
      [`${name}, mean over labels`, ...cells(macro, intervals.macro), null, null],
    ]),
    legend: said,
  };
  return {
    title: "End to end, on the validation documents",
    shortTitle: "End to end",
    intro:
      "What the bundle finds when it is given nothing but texts and their pictures or captions. These documents also chose the best epochs: on other documents, scores will be lower.",
    blocks: [
      chart,
      table,
      labelTable("Entity types", share, entities.types, entities.intervals),
      ...(relations ? [relationTable(share, relations)] : []),
    ],
  };
}

function labelTable(
  title: string,
  share: string,
  scores: readonly z.output<typeof labelled>[],
  ends: z.output<typeof intervals>,
): TableBlock {
  return {
    kind: "table",
    title,
    columns: [{ header: "label" }, ...SCORES, { header: `${share} interval` }, ...COUNTS],
    rows: scores.map((one) => [
      one.label,
      ...cells(one, intervalOf(ends, one.label)),
      one.support,
      one.predicted,
    ]),
  };
}

/** Relations end to end; the last column has the F1 of the relation model alone. */
function relationTable(
  share: string,
  { goldEntities, foundEntities }: NonNullable<EndToEnd["relations"]>,
): TableBlock {
  const bySupport = [...foundEntities.labels].sort((a, b) => b.support - a.support);
  const { columns, rows, ...table } = labelTable(
    "Relations, end to end",
    share,
    bySupport,
    foundEntities.intervals,
  );
  const given = new Map(goldEntities.labels.map(({ label, f1 }) => [label, f1]));
  return {
    ...table,
    columns: [...columns, { header: "F1, gold entities given" }],
    rows: rows.map((row, i) => [...row, given.get(bySupport[i]!.label) ?? null]), // a row per label
  };
}

const cells = ({ precision, recall, f1 }: Pick<Score, "precision" | "recall" | "f1">, ends?: Interval) =>
  [precision, recall, f1, ends ? shown(ends) : null] satisfies Cell[];
const shown = (ends: Interval) => ends.map((end) => formatNumber(end)).join(" to ");
const intervalOf = ({ labels }: z.output<typeof intervals>, label: string) =>
  labels.find((one) => one.label === label)?.interval;
