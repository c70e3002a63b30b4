// Gold and predicted relations: scores, confusion, reliability, and examples worth reading.
import { counted } from "../../base/counted.ts";
import type { Document, Relation } from "../../data/document.ts";
import { LabelSet, NONE_LABEL } from "../../data/labels.ts";
import { type RelationMetrics, relationMetrics } from "../../evaluation/relation-metrics.ts";
import type { Block, Example, Fact, Section, TableBlock } from "../report-data.ts";
import {
  type JudgedSet,
  otherPredictions,
  type PredictionFiles,
  pictureOf,
  spread,
} from "./judged-documents.ts";
import { reliabilityBlocks } from "./reliability-blocks.ts";

/** A predicted relation beside the gold one. */
export interface JudgedPair {
  readonly document: Document;
  /** Index in the document's relations. */
  readonly at: number;
  readonly gold: Relation;
  readonly predicted: Relation;
}

/** What predictions add to a run's report. */
export interface JudgedParts {
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
}

/** @throws DataError `data/other-predictions` when a prediction names mentions that the gold document does not have. */
export function judgeRelations(
  set: JudgedSet,
  known: readonly string[],
  files: PredictionFiles,
  examples: number,
): JudgedParts {
  const judged = set.documents.flatMap(({ gold, predicted }) => judgedPairs(gold, predicted, files));
  const labels = new LabelSet([
    ...new Set([...known, ...judged.flatMap(({ gold, predicted }) => [gold.label, predicted.label])]),
  ]);
  const index = (label: string) => labels.indexOf(label) ?? 0; // all labels are in the set
  const metrics = relationMetrics(
    judged.map(({ gold }) => index(gold.label)),
    judged.map(({ predicted }) => index(predicted.label)),
    labels,
  );
  return {
    facts: [
      {
        label: "micro F1 on the gold file",
        value: metrics.micro.f1,
        detail: counted(metrics.instances, "pair"),
      },
      { label: "accuracy", value: metrics.accuracy, detail: "None included" },
    ],
    sections: [
      {
        title: "Scores by relation",
        shortTitle: "Scores",
        blocks: [
          scoreTable(metrics),
          confusion(metrics),
          ...reliabilityBlocks(surePredictions(judged), "a relation"),
        ],
      },
      {
        title: "Examples",
        blocks: exampleBlocks(judged, set, examples),
      },
    ],
  };
}

/** The k-th predicted relation of a pair of mentions answers the k-th gold one; gold relations that were left out have no answer, and the others are None. */
export function judgedPairs(
  gold: Document,
  predicted: Document,
  files: Pick<PredictionFiles, "predictions" | "gold">,
): JudgedPair[] {
  const spans = ({ entities }: Document, { head, tail }: Relation) =>
    [entities[head], entities[tail]].map((entity) => `${entity?.start}:${entity?.end}`).join(" ");
  const waiting = new Map<string, Relation[]>();
  for (const relation of predicted.relations) {
    const key = spans(predicted, relation);
    waiting.set(key, [...(waiting.get(key) ?? []), relation]);
  }
  const judged = gold.relations.flatMap((relation, at): JudgedPair[] => {
    const answer = waiting.get(spans(gold, relation))?.shift();
    return answer === undefined ? [] : [{ document: gold, at, gold: relation, predicted: answer }];
  });
  // The model was also asked about other pairs of the same mentions: these are unannotated, so None.
  const mentions = new Map(gold.entities.map(({ start, end }, i) => [`${start}:${end}`, i]));
  const unannotated = [...waiting.values()].flat().map((answer, i): JudgedPair => {
    const [head, tail] = spans(predicted, answer)
      .split(" ")
      .map((span) => mentions.get(span));
    if (head === undefined || tail === undefined) {
      throw otherPredictions(files, predicted, "relates mentions that are not in the gold document");
    }
    const none = { head, tail, label: NONE_LABEL };
    return { document: gold, at: gold.relations.length + i, gold: none, predicted: answer };
  });
  return [...judged, ...unannotated];
}

function scoreTable({ relations, micro, macroSupported }: RelationMetrics): TableBlock {
  const scored = relations.filter(({ support, predicted }) => support + predicted > 0);
  return {
    kind: "table",
    title: "Precision, recall and F1",
    columns: [
      { header: "relation" },
      ...["precision", "recall", "F1"].map((header) => ({ header })),
      { header: "gold", digits: 0 },
      { header: "predicted", digits: 0 },
    ],
    rows: [
      ["all but None (micro)", micro.precision, micro.recall, micro.f1, micro.support, micro.predicted],
      [
        "mean over relations that occur (macro)",
        macroSupported.precision,
        macroSupported.recall,
        macroSupported.f1,
        null,
        null,
      ],
      ...[...scored]
        .sort((a, b) => b.support - a.support)
        .map((one) => [one.label, one.precision, one.recall, one.f1, one.support, one.predicted]),
    ],
  };
}

function confusion({ relations, confusion: counts }: RelationMetrics): Block {
  return {
    kind: "confusion",
    title: "Confusion",
    labels: relations.map(({ label }) => label),
    counts,
  };
}

const isRight = ({ gold, predicted }: JudgedPair) => gold.label === predicted.label;
const sureness = ({ predicted }: JudgedPair) => predicted.probability ?? 0;

const surePredictions = (judged: readonly JudgedPair[]) =>
  judged.flatMap((one) => {
    const { probability } = one.predicted;
    return probability === undefined ? [] : [{ probability, right: isRight(one) }];
  });

function exampleBlocks(judged: readonly JudgedPair[], { pictures }: JudgedSet, count: number): Block[] {
  const show = (some: readonly JudgedPair[]) => some.map((one) => exampleOf(one, pictures));
  const wrong = judged.filter((one) => !isRight(one)).sort((a, b) => sureness(b) - sureness(a));
  const right = judged.filter(isRight);
  const barely = [...right].sort((a, b) => sureness(a) - sureness(b));
  return [
    {
      kind: "examples",
      title: "Most confident mistakes",
      description: `The ${Math.min(count, wrong.length)} most probable of ${wrong.length} wrong predictions.`,
      examples: show(wrong.slice(0, count)),
    },
    {
      kind: "examples",
      title: "Barely right",
      description: "Right predictions with the lowest probability.",
      examples: show(barely.slice(0, Math.ceil(count / 2))),
    },
    {
      kind: "examples",
      title: "Right",
      description: "An evenly spaced sample of the right predictions other than None.",
      examples: show(
        spread(
          right.filter(({ gold }) => gold.label !== "None"),
          Math.ceil(count / 2),
        ),
      ),
    },
  ];
}

function exampleOf(one: JudgedPair, pictures: JudgedSet["pictures"]): Example {
  const { document, at, gold, predicted } = one;
  const span = (entity: number, label: string) => {
    const { start, end } = document.entities[entity] ?? { start: 0, end: 0 };
    return { start, end, label };
  };
  return {
    id: document.relations.length === 1 ? document.id : `${document.id}, relation ${at + 1}`,
    text: document.text,
    highlights: [span(gold.head, "head"), span(gold.tail, "tail")],
    ...pictureOf(document, pictures),
    outcome: isRight(one) ? "right" : "wrong",
    gold: gold.label,
    predicted: [
      {
        name: "predicted",
        label: predicted.label,
        probability: predicted.probability,
      },
    ],
  };
}
