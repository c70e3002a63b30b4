// The quickstart's page: a post and what was found in it, more posts, the scores; in full also the curves, how well the teachers chose, and
// MI2RAGE's run in detail.
import { basename } from "node:path";

import { shellWord } from "../../base/shell-word.ts";
import type { Extraction } from "../../extract/post.ts";
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
  Verdict,
} from "../../report/report-data.ts";
import { reportOfRun } from "../../report/report-of-run.ts";
import { type RunRecord, readRun } from "../../report/run/read-run.ts";
import { writeReport } from "../../report/write-report.ts";
import type { SelectionCounts } from "../../world/judge-selection.ts";
import { comparisonOf } from "./comparison.ts";
import { nextCommands } from "./next-commands.ts";
import type { ReadPost } from "./read-posts.ts";
import type { GeneratedViews, QuickstartResult } from "./result.ts";
import { bearingShare, precision, recall } from "./selection-truth.ts";
import { RUN_TITLES } from "./settings.ts";

type Reported = Omit<QuickstartResult, "report">;

const EXAMPLES_SHOWN = 6;
const MADE_UP =
  "All posts and pictures are made up and the encoders started from random weights. The scores show that the parts work and what a picture adds where it shows the relation; they say nothing about real posts.";

/** Writes the page to `path`; needs the runs' folders. */
export async function writeQuickstartReport(
  path: string,
  result: Reported,
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeReport(path, await quickstartReport(result, signal));
}

async function quickstartReport(result: Reported, signal: AbortSignal | undefined): Promise<ReportData> {
  const { runs, corpus, splits, views } = result;
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
    subtitle: `Who belongs to whom, and who goes where: relations in ${splits.train.documents} made-up posts, read with and without their pictures.`,
    sections: [
      postSection(result),
      scoreSection(result),
      ...(full === undefined
        ? []
        : [{ title: "Training", blocks: [scoreCurves(records, result), lossCurves(records)] }]),
      ...(views === undefined ? [] : [selectionSection(views)]),
      ...prefixSections(full?.sections ?? [], "MI2RAGE"),
      nextSection(result),
    ],
    config: Object.fromEntries(runs.map(({ name }, i) => [name, records[i]?.record.config ?? null])) as Json,
    ...(full?.fingerprints === undefined ? {} : { fingerprints: full.fingerprints }),
    ...(full?.environment === undefined ? {} : { environment: full.environment }),
  };
}

function scoreSection(result: Reported): Section {
  const { ceilings, documents, needsPicture } = result.splits.test;
  const rows = comparisonOf(result);
  const best = Math.max(...result.runs.map(({ microF1 }) => microF1));
  const generated =
    result.views === undefined
      ? ""
      : " MI2RAGE was trained without real pictures (validation posts with real pictures chose its best epoch and how far it trusts pictures); the same model trained on real pictures shows what this costs.";
  return {
    title: "What the pictures add",
    shortTitle: "Scores",
    intro: `${MADE_UP} Scores are for ${documents} test posts with their own pictures, seed ${result.seed}; in ${needsPicture} of them the text leaves the relation open. No model can expect to exceed the best possible scores, which follow from how the posts were drawn.${generated}`,
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
        legend: "Micro F1 does not count None. The best possible scores are for the same posts.",
      },
      {
        kind: "dots",
        title: "Micro F1 and the best possible",
        description: "Each run's micro F1 on the test posts; the dashed lines are the best possible scores.",
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
    { name: "best possible from texts alone", value: ceilings.typedText.microF1 },
    { name: "best possible from texts and pictures", value: ceilings.typedJoint.microF1 },
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

function selectionSection({ selection }: GeneratedViews): Section {
  const { all, open, rounds } = selection;
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
      "The simulator that made the pictures saw the texts and no labels: where a text leaves the relation open, it drew one that the text allows, and it loses what it drew in a known share of the pictures. Which pictures show the relation is known afterwards. The teachers do not know: they score a picture by how well a model that never saw the post predicts its relation.",
    blocks: [block],
  };
}

function postSection({ example, posts, entities }: Reported): Section {
  const others = posts.filter((post) => post !== example);
  const right = posts.filter(({ isRight }) => isRight).length;
  return {
    title: "A post and what was found in it",
    shortTitle: "A post",
    intro: `Nothing is marked in it. One model finds the names (micro F1 ${entities.microF1.toFixed(3)} on the test posts), another the relation between them, which only the picture shows.`,
    blocks: [
      { kind: "examples", title: "Text and picture", examples: [cardOf(example)] },
      ...(others.length === 0
        ? []
        : [
            {
              kind: "examples" as const,
              title: "More posts",
              description: `Of these ${posts.length} posts, ${right} were read without errors. They were chosen before any model saw them: test posts of different relations, whose texts do not say which one it is.`,
              examples: others.map(cardOf),
            },
          ]),
    ],
  };
}

function cardOf({
  text,
  found,
  foundInText,
  picture,
  gold,
  head,
  tail,
  mentions,
  isRight,
}: ReadPost): Example {
  const isGold = (name: string, label: string) =>
    mentions.some((one) => one.text === name && one.type === label);
  return {
    id: basename(picture),
    outcome: isRight ? "right" : "wrong",
    text,
    highlights: found.entities.map(({ text: name, start, end, label }) => ({
      ...{ start, end, label },
      role: isGold(name, label) ? "both" : "predicted",
    })),
    picture: { from: "file", path: picture, alt: "picture of the post" },
    gold: `${head} → ${gold} → ${tail}`,
    predicted: [...verdicts("found", found), ...verdicts("in the text alone", foundInText)],
  };
}

function verdicts(name: string, { relations }: Extraction): Verdict[] {
  if (relations.length === 0) return [{ name, label: "no relation" }];
  return relations.map(({ headText, tailText, label, probability }) => ({
    name,
    label: `${headText} → ${label} → ${tailText}`,
    probability,
  }));
}

function nextSection(result: Reported): Section {
  const commands = nextCommands(result, (path) => path);
  const lines = [
    ...commands.map(({ shows, args }) => `relata ${args.map(shellWord).join(" ")}: ${shows}.`),
    "Your own data: relata validate lists every defect; relata train --help shows how to train.",
  ];
  return { title: "What to try next", blocks: lines.map((text) => ({ kind: "text" as const, text })) };
}
