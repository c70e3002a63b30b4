// Prints the end-to-end score of a bundle: entities, and relations between gold and between found entities.
import { counted } from "../base/counted.ts";
import type { Interval, ScoreIntervals } from "../evaluation/extraction-intervals.ts";
import type { PrecisionRecallF1 } from "../evaluation/match-counts.ts";
import type { BatchAccount } from "../extract/batch/account.ts";
import type { BundleEvaluationSummary } from "../extract/both/evaluate-bundle.ts";
import type { Output } from "./output.ts";
import { type Cell, formatTable } from "./table.ts";

/** All scores of a bundle, with the account of what was read. */
export function describeBundleScores(summary: BundleEvaluationSummary, output: Output): string {
  const { entities, relations, notes } = summary;
  const { bootstrap } = summary;
  return [
    [...describeRead(summary), ...notes].join("\n"),
    formatTable(SCORES, [
      ["entities", ...cells(entities.micro, entities.intervals.micro)],
      ["  macro", ...cells(entities.macro, entities.intervals.macro)],
      ...relationRows(relations),
    ]),
    formatTable(
      ["entity type", "precision", "recall", "F1", INTERVAL, "gold", "found"],
      entities.types.map((one) => [
        one.label,
        ...cells(one, intervalOf(entities.intervals, one.label)),
        one.support,
        one.predicted,
      ]),
    ),
    ...(relations === undefined ? [] : [labelTable(relations)]),
    `${INTERVAL}: from ${counted(bootstrap.samples, "resample")} of the documents, in ${counted(bootstrap.clusters, "group")} of those that share a text or a picture`,
    ...headline(summary, output),
  ].join("\n\n");
}

const INTERVAL = "95 % interval";
const SCORES = ["score", "precision", "recall", "F1", INTERVAL];

/** The number that a product has, alone. */
export function headline({ entities, relations }: BundleEvaluationSummary, { style }: Output): string[] {
  const one = ({ f1 }: PrecisionRecallF1, [low, high]: Interval) =>
    `F1 ${f1.toFixed(4)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  const found = relations?.foundEntities;
  return [
    style(
      "bold",
      [
        `end to end: entities ${one(entities.micro, entities.intervals.micro)}`,
        ...(found ? [`relations ${one(found.micro, found.intervals.micro)}`] : []),
      ].join(", "),
    ),
  ];
}

type Relations = NonNullable<BundleEvaluationSummary["relations"]>;

function relationRows(relations: Relations | undefined): Cell[][] {
  if (relations === undefined) return [];
  const { goldEntities, foundEntities, foundSpans } = relations;
  return [
    ["relations, gold entities given", ...cells(goldEntities.micro, goldEntities.intervals.micro)],
    ["  macro", ...cells(goldEntities.macro, goldEntities.intervals.macro)],
    ["relations, end to end", ...cells(foundEntities.micro, foundEntities.intervals.micro)],
    ["  macro", ...cells(foundEntities.macro, foundEntities.intervals.macro)],
    ["  whatever the entity types", ...cells(foundSpans.micro, undefined)],
  ];
}

function labelTable({ goldEntities, foundEntities }: Relations): string {
  const ofGold = new Map(goldEntities.labels.map((one) => [one.label, one]));
  const ofFound = new Map(foundEntities.labels.map((one) => [one.label, one]));
  const labels = [...new Set([...ofGold.keys(), ...ofFound.keys()])];
  const none = { precision: 0, recall: 0, f1: 0, support: 0, predicted: 0 };
  const rows = labels
    .map((label) => ({ label, given: ofGold.get(label) ?? none, found: ofFound.get(label) ?? none }))
    .sort((a, b) => b.found.support - a.found.support);
  return formatTable(
    ["relation, end to end", "precision", "recall", "F1", INTERVAL, "gold", "found", "F1, gold entities"],
    rows.map(({ label, given, found }) => [
      label,
      ...cells(found, intervalOf(foundEntities.intervals, label)),
      Math.max(found.support, given.support),
      found.predicted,
      given.f1,
    ]),
  );
}

function cells({ precision, recall, f1 }: PrecisionRecallF1, interval: Interval | undefined): Cell[] {
  return [precision, recall, f1, interval ? interval.map((end) => end.toFixed(3)).join(" - ") : ""];
}

function intervalOf({ labels }: ScoreIntervals, label: string): Interval | undefined {
  return labels.find((one) => one.label === label)?.interval;
}

/** What was read, left out, cut, or not shown to the models. */
function describeRead({ data, visualChannels }: BundleEvaluationSummary): string[] {
  const { documents, found, given, unknownRelations } = data;
  const channels = [...new Set(visualChannels)];
  const unknown = listed(unknownRelations);
  return [
    `visual channel: ${channels.length === 1 ? channels[0] : `${visualChannels[0]} for entities, ${visualChannels[1]} for relations`}`,
    [
      counted(documents.accepted, "document"),
      ...(documents.rejected > 0
        ? [`${counted(documents.rejected, "row")} rejected (relata validate lists them)`]
        : []),
      ...(channels.some((channel) => channel !== "text only") ? [`pictures: ${listed(found.visual)}`] : []),
    ].join(", "),
    ...(found.visual.broken > 0 ? [`broken pictures: ${listed(found.brokenPictures)}`] : []),
    ...faults("in the texts", found),
    ...(given === undefined ? [] : faults("with the gold entities", given)),
    ...(unknown === "" ? [] : [`relations that the bundle does not know, not scored as such: ${unknown}`]),
  ];
}

/** Documents of which something was not read. */
function faults(where: string, { rejected, notes, belowThreshold }: BatchAccount): string[] {
  const below = listed({ ...belowThreshold.entities, ...belowThreshold.relations });
  return [
    ...(below === "" ? [] : [`below their thresholds ${where}, so not found: ${below}`]),
    ...(Object.keys(rejected).length > 0
      ? [
          `warning: documents that could not be read ${where}, so that all in them is missed: ${listed(rejected)}`,
        ]
      : []),
    ...(Object.keys(notes).length > 0 ? [`documents with notes, ${where}: ${listed(notes)}`] : []),
  ];
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
