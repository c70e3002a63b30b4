// The quickstart's page: the table and its chart, all runs' curves, how well the teachers chose, the raw post, and MI2RAGE's run in detail.

import { prefixSections } from "../../report/prefix-sections.ts";
import type {
  Block,
  Curve,
  Example,
  Json,
  LineChart,
  Reference,
  ReportData,
  Section,
} from "../../report/report-data.ts";
import { reportOfRun } from "../../report/report-of-run.ts";
import { type RunRecord, readRun } from "../../report/run/read-run.ts";
import { writeReport } from "../../report/write-report.ts";
import type { SelectionCounts } from "../../world/judge-selection.ts";
import { comparisonOf } from "./comparison.ts";
import type { QuickstartResult } from "./result.ts";
import { bearingShare, precision, recall } from "./selection-truth.ts";
import { RUN_TITLES } from "./settings.ts";

type Reported = Omit<QuickstartResult, "report">;

const EXAMPLES_SHOWN = 6;
const GENERATED =
  "All posts and pictures are made up and the encoders started from random weights. The page shows that the parts work together and what each of them adds on data whose best possible scores are known; it says nothing about real posts.";

/** Writes the page to `path`; needs the runs' folders. */
export async function writeQuickstartReport(
  path: string,
  result: Reported,
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeReport(path, await quickstartReport(result, signal));
}

async function quickstartReport(result: Reported, signal: AbortSignal | undefined): Promise<ReportData> {
  const { runs, corpus, splits } = result;
  const records = await Promise.all(
    runs.map(async ({ name, runFolder }) => ({ title: RUN_TITLES[name], record: await readRun(runFolder) })),
  );
  const mi2rage = runs.find(({ name }) => name === "mi2rage");
  const full =
    mi2rage &&
    (await reportOfRun(mi2rage.runFolder, {
      judged: { predictions: mi2rage.predictions, gold: corpus.test, pictures: corpus.pictures },
      examples: EXAMPLES_SHOWN,
      measureViews: true,
      signal,
    }));
  return {
    title: "relata quickstart",
    subtitle: `Relations in ${splits.train.documents} posts of the embedded corpus: what pictures add to texts, and what pictures generated from the texts add. Scores on ${splits.test.documents} test posts with their own pictures, seed ${result.seed}.`,
    notes: [{ tone: "caution", text: GENERATED }],
    facts: [
      ...runs.map(({ name, microF1 }) => ({
        label: RUN_TITLES[name],
        value: microF1,
        detail: "micro F1, test",
      })),
      {
        label: "text and picture",
        value: splits.test.ceilings.joint.microF1,
        detail: "ceiling by construction",
      },
    ],
    sections: [
      scoreSection(result),
      { title: "Training", blocks: [scoreCurves(records, result), lossCurves(records)] },
      selectionSection(result),
      rawPostSection(result),
      ...prefixSections(full?.sections ?? [], "MI2RAGE"),
      nextSection(result),
    ],
    config: Object.fromEntries(runs.map(({ name }, i) => [name, records[i]?.record.config ?? null])) as Json,
    ...(full?.fingerprints === undefined ? {} : { fingerprints: full.fingerprints }),
    ...(full?.environment === undefined ? {} : { environment: full.environment }),
  };
}

function scoreSection(result: Reported): Section {
  const { ceilings } = result.splits.test;
  const rows = comparisonOf(result);
  const best = Math.max(...result.runs.map(({ microF1 }) => microF1));
  return {
    title: "Scores on real pairs",
    shortTitle: "Scores",
    intro:
      "No model can expect to exceed the ceilings, which follow from how the posts were drawn. MI2RAGE was trained without real pictures (its best epoch is chosen on validation posts with real pictures); the same model trained on real pictures shows what this costs.",
    blocks: [
      {
        kind: "table",
        title: "Test posts",
        columns: [
          { header: "" },
          { header: "accuracy" },
          { header: "micro F1" },
          { header: "accuracy where the text leaves the relation open" },
        ],
        rows: rows.map(({ title, accuracy, microF1, openAccuracy }) => [
          title,
          accuracy,
          microF1,
          openAccuracy ?? null,
        ]),
        legend: "Micro F1 does not count None. The ceilings are for the same posts.",
      },
      {
        kind: "dots",
        title: "Micro F1 between the ceilings",
        description: "Each run's micro F1 on the test posts; the dashed lines are the ceilings.",
        x: { label: "micro F1" },
        dots: rows
          .filter(({ kind }) => kind === "run")
          .map(({ title, microF1 }) => ({ name: title, mean: microF1, emphasis: microF1 === best })),
        references: references(ceilings),
      },
    ],
  };
}

function references(ceilings: Reported["splits"]["test"]["ceilings"]): Reference[] {
  return [
    { name: "ceiling of text alone", value: ceilings.text.microF1 },
    { name: "ceiling of text and picture", value: ceilings.joint.microF1 },
  ];
}

interface TitledRecord {
  readonly title: string;
  readonly record: RunRecord;
}

function scoreCurves(records: readonly TitledRecord[], { splits }: Reported): LineChart {
  return {
    kind: "lines",
    title: "Validation micro F1 by epoch",
    description: "How fast each run learns. The weights of the best epoch are kept.",
    x: { label: "epoch", integer: true },
    y: { label: "micro F1" },
    curves: records.map(({ title, record }) =>
      curve(
        title,
        record.evaluations.flatMap(({ epoch, metrics }) =>
          metrics.micro_f1 === undefined ? [] : [[epoch, metrics.micro_f1] as const],
        ),
      ),
    ),
    references: references(splits.validation.ceilings),
  };
}

/** Averages over the steps between two evaluations, to keep the runs' curves apart. */
function lossCurves(records: readonly TitledRecord[]): LineChart {
  return {
    kind: "lines",
    title: "Training loss by epoch",
    description:
      "Mean over the steps of an epoch. The losses of different models consist of different parts.",
    x: { label: "epoch", integer: true },
    y: { label: "loss" },
    curves: records.map(({ title, record }) =>
      curve(
        title,
        record.evaluations.flatMap(({ epoch, step }, i) => {
          const from = record.evaluations[i - 1]?.step ?? 0;
          const losses = record.training.filter((one) => one.step > from && one.step <= step);
          if (losses.length === 0) return [];
          return [[epoch, losses.reduce((sum, { loss }) => sum + loss, 0) / losses.length] as const];
        }),
      ),
    ),
  };
}

function curve(name: string, points: readonly (readonly [number, number])[]): Curve {
  return { name, runs: [{ name: "this run", points }] };
}

function selectionSection({ views }: Reported): Section {
  const { all, open, rounds } = views.selection;
  const row = (title: string, counts: SelectionCounts) => [
    title,
    counts.views,
    counts.kept,
    bearingShare(counts),
    precision(counts),
    recall(counts),
  ];
  const block: Block = {
    kind: "table",
    title: "Kept pictures and the simulator's truth",
    columns: [
      { header: "generated pictures" },
      { header: "accepted", digits: 0 },
      { header: "kept", digits: 0 },
      { header: "show the relation" },
      { header: "precision of the teachers" },
      { header: "recall" },
    ],
    rows: [
      row("all", all),
      row("of posts whose text leaves the relation open", open),
      ...rounds.map((counts, at) => row(`of round ${at + 1}`, counts)),
    ],
    legend:
      "Precision: share of the kept pictures that show the post's relation; keeping pictures at random would give the share in the previous column. Recall: share of the pictures showing the relation that are kept.",
  };
  return {
    title: "Did the teachers choose well?",
    shortTitle: "Selection",
    intro:
      "The simulator that made the pictures loses the relation in a known share of them, and knows in which ones. The teachers do not know: they score a picture by how well a model that never saw the post predicts its relation.",
    blocks: [block],
  };
}

function rawPostSection({ example, entities }: Reported): Section {
  const { text, found, picture, gold, head, tail, mentions } = example;
  const isGold = (name: string, label: string) =>
    mentions.some((one) => one.text === name && one.type === label);
  const card: Example = {
    id: "a raw post",
    text,
    highlights: found.entities.map(({ start, end, label, text: name }) => ({
      ...{ start, end, label },
      role: isGold(name, label) ? "both" : "predicted",
    })),
    picture: { from: "file", path: picture, alt: "picture of the post" },
    gold: `${head} → ${gold} → ${tail}`,
    predicted: found.relations.map(({ headText, tailText, label, probability }) => ({
      name: "found",
      label: `${headText} → ${label} → ${tailText}`,
      probability,
    })),
  };
  return {
    title: "A raw post",
    intro: `Nothing is marked in it: the entity model (micro F1 ${entities.microF1.toFixed(3)} on the test posts after a few epochs) finds the mentions, and I2SRM finds the relation, which only the picture shows.`,
    blocks: [{ kind: "examples", title: "As the bundle reads it", examples: [card] }],
  };
}

function nextSection({ corpus, runs, bundle }: Reported): Section {
  const lines = [
    `relata extract ${bundle} --text "..." --picture photo.png reads a post of yours with these models.`,
    `relata report ${runs[1]?.runFolder ?? ""} writes a page like this for a single run.`,
    `Your own data: one JSON document per line as in ${corpus.train}, or MNRE, CoNLL and Parquet files. relata validate lists every defect; relata train --help shows how to train.`,
    "Only texts, or only pictures? relata synthesize generates the missing ones, with generators of your choice.",
  ];
  return {
    title: "What to try next",
    blocks: lines.map((text) => ({ kind: "text" as const, text })),
  };
}
