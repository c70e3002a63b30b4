// Gold and predicted entities: scores, confusion of types with missed and invented entities, reliability, and examples.
import { counted } from "../../base/counted.ts";
import type { Entity } from "../../data/document.ts";
import { type EntityMetrics, entityMetrics } from "../../evaluation/entity-metrics.ts";
import type { Block, ConfusionMatrix, Example, Highlight, TableBlock } from "../report-data.ts";
import { type JudgedDocument, type JudgedSet, pictureOf, spread } from "./judged-documents.ts";
import type { JudgedParts } from "./judged-relations.ts";
import { reliabilityBlocks } from "./reliability-blocks.ts";

const NO_ENTITY = "no entity";

/** Scores and examples of entity predictions. */
export function judgeEntities(set: JudgedSet, examples: number): JudgedParts {
  const { documents } = set;
  const metrics = entityMetrics(
    documents.map(({ gold }) => gold.entities),
    documents.map(({ predicted }) => predicted.entities),
  );
  return {
    facts: [
      {
        label: "micro F1 on the gold file",
        value: metrics.micro.f1,
        detail: `${counted(metrics.micro.support, "entity", "entities")} in ${counted(metrics.documents, "text")}`,
      },
      { label: "F1 of spans only", value: metrics.boundaries.f1 },
    ],
    sections: [
      {
        title: "Scores by type",
        shortTitle: "Scores",
        blocks: [
          scoreTable(metrics),
          confusion(documents, metrics),
          ...reliabilityBlocks(surePredictions(documents), "a predicted entity"),
        ],
      },
      { title: "Examples", blocks: exampleBlocks(set, examples) },
    ],
  };
}

const sameSpan = (a: Entity, b: Entity) => a.start === b.start && a.end === b.end;
const same = (a: Entity, b: Entity) => sameSpan(a, b) && a.label === b.label;
const among = (entity: Entity, others: readonly Entity[]) => others.some((other) => same(entity, other));

function scoreTable({ types, micro, macro, boundaries }: EntityMetrics): TableBlock {
  return {
    kind: "table",
    title: "Precision, recall and F1",
    columns: [
      { header: "type" },
      ...["precision", "recall", "F1"].map((header) => ({ header })),
      { header: "gold", digits: 0 },
      { header: "predicted", digits: 0 },
    ],
    rows: [
      ["all (micro)", micro.precision, micro.recall, micro.f1, micro.support, micro.predicted],
      ["mean over types (macro)", macro.precision, macro.recall, macro.f1, null, null],
      [
        "spans only",
        boundaries.precision,
        boundaries.recall,
        boundaries.f1,
        boundaries.support,
        boundaries.predicted,
      ],
      ...types.map((one) => [one.label, one.precision, one.recall, one.f1, one.support, one.predicted]),
    ],
  };
}

/** A gold entity whose span was not found counts as "no entity" in its row; a found span that is not gold, in its column. */
function confusion(documents: readonly JudgedDocument[], { types }: EntityMetrics): ConfusionMatrix {
  const labels = [...types.map(({ label }) => label), NO_ENTITY];
  const counts = labels.map(() => labels.map(() => 0));
  const count = (gold: string, predicted: string) => {
    const row = counts[labels.indexOf(gold)];
    const column = labels.indexOf(predicted);
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  };
  for (const { gold, predicted } of documents) {
    for (const entity of gold.entities) {
      const found = predicted.entities.find((other) => sameSpan(entity, other));
      count(entity.label, found?.label ?? NO_ENTITY);
    }
    for (const entity of predicted.entities) {
      if (!gold.entities.some((other) => sameSpan(entity, other))) count(NO_ENTITY, entity.label);
    }
  }
  return {
    kind: "confusion",
    title: "Confusion of types on matching spans",
    labels,
    counts,
    absent: NO_ENTITY,
  };
}

const surePredictions = (documents: readonly JudgedDocument[]) =>
  documents.flatMap(({ gold, predicted }) =>
    predicted.entities.flatMap((entity) => {
      const { probability } = entity;
      return probability === undefined ? [] : [{ probability, right: among(entity, gold.entities) }];
    }),
  );

function exampleBlocks({ documents, pictures }: JudgedSet, count: number): Block[] {
  const judged = documents.map((document) => ({ document, ...faultsOf(document) }));
  const sureness = (wrong: readonly Entity[]) =>
    Math.max(0, ...wrong.map(({ probability = 0 }) => probability));
  const invented = judged
    .filter(({ spurious }) => spurious.length > 0)
    .sort((a, b) => sureness(b.spurious) - sureness(a.spurious));
  const missed = judged
    .filter(({ missing, spurious }) => missing.length > 0 && spurious.length === 0)
    .sort((a, b) => b.missing.length - a.missing.length);
  const right = judged.filter(
    ({ document, missing, spurious }) =>
      missing.length + spurious.length === 0 && document.gold.entities.length > 0,
  );
  const show = (some: typeof judged) => some.map(({ document }) => exampleOf(document, pictures));
  const half = Math.ceil(count / 2);
  return [
    {
      kind: "examples",
      title: "Most confident mistakes",
      description: `Texts with a wrong entity, most probable first: ${Math.min(count, invented.length)} of ${invented.length}.`,
      examples: show(invented.slice(0, count)),
    },
    {
      kind: "examples",
      title: "Missed",
      description: `Texts with missed entities but no wrong ones: ${Math.min(half, missed.length)} of ${missed.length}.`,
      examples: show(missed.slice(0, half)),
    },
    {
      kind: "examples",
      title: "Right",
      description: "An evenly spaced sample of the texts without errors.",
      examples: show(spread(right, half)),
    },
  ];
}

function faultsOf({ gold, predicted }: JudgedDocument) {
  return {
    missing: gold.entities.filter((entity) => !among(entity, predicted.entities)),
    spurious: predicted.entities.filter((entity) => !among(entity, gold.entities)),
  };
}

function exampleOf(document: JudgedDocument, pictures: JudgedSet["pictures"]): Example {
  const { gold, predicted } = document;
  const { missing, spurious } = faultsOf(document);
  const mark = (role: Highlight["role"]) => (entity: Entity) => ({
    start: entity.start,
    end: entity.end,
    label: entity.label,
    role,
  });
  const faults = [
    ...(missing.length > 0 ? [`${missing.length} of ${gold.entities.length} missed`] : []),
    ...(spurious.length > 0 ? [`${spurious.length} wrong`] : []),
  ];
  return {
    id: gold.id,
    text: gold.text,
    highlights: [
      ...gold.entities.map((entity) => mark(among(entity, predicted.entities) ? "both" : "gold")(entity)),
      ...spurious.map(mark("predicted")),
    ],
    ...pictureOf(gold, pictures),
    outcome: faults.length === 0 ? "right" : "wrong",
    predicted: spurious.map((entity) => ({
      name: gold.text.slice(entity.start, entity.end),
      label: entity.label,
      probability: entity.probability,
    })),
    ...(faults.length === 0 ? {} : { remark: `${faults.join(", ")}.` }),
  };
}
