// The report's details of the runs: curves by seed, confusion matrices, the use of generated views.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFields } from "../base/fields.ts";
import type { Json } from "../base/json.ts";
import type { Block, Cell, ConfusionMatrix, Curve, LineChart, Note } from "../report/report-data.ts";
import { readRun } from "../report/run/read-run.ts";
import { labelEntropy } from "../report/run/training-section.ts";
import { readEvaluationResult } from "./evaluation-result.ts";
import type { ExperimentFile } from "./experiment-file.ts";
import type { ExperimentResults, ResultRow } from "./results.ts";
import { weightsOf } from "./same-models.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord } from "./stage-record.ts";

/** The finished trainings of a variant: seed and run folder. */
async function runsOf(out: string, file: ExperimentFile, variant: string) {
  const trainings = new Map(
    file.evaluations.filter((one) => one.variant === variant).map(({ seed, train }) => [seed, train]),
  );
  const runs: { readonly seed: number; readonly folder: string }[] = [];
  for (const [seed, train] of trainings) {
    const record = await readStageRecord(join(out, train));
    if (record?.status === "finished" && record.fingerprint === file.stages[train])
      runs.push({ seed, folder: join(out, train, STAGE_FILES.run) });
  }
  return runs;
}

/** Variants with models of their own, so that no curve is drawn twice. */
async function distinctVariants(out: string, { variants, evaluations }: ExperimentFile): Promise<string[]> {
  const models = new Map<string, string>();
  for (const { name } of variants) {
    const own = evaluations.filter(({ variant }) => variant === name);
    const trainings = [...new Set(own.map(({ train }) => train))];
    const weights = await Promise.all(trainings.map((train) => weightsOf(out, train)));
    const key = weights.join(" ");
    if (!models.has(key)) models.set(key, name);
  }
  return [...models.values()];
}

/** Scores by epoch, a chart for each group of variants, and the reference's loss; a light line per seed. */
export async function curveBlocks(out: string, file: ExperimentFile): Promise<Block[]> {
  const scores = new Map<string, Curve[]>();
  let loss: Curve | undefined;
  for (const variant of await distinctVariants(out, file)) {
    const runs = await runsOf(out, file, variant);
    if (runs.length === 0) continue;
    const records = await Promise.all(
      runs.map(async ({ seed, folder }) => ({ seed, record: await readRun(folder) })),
    );
    const group = file.variants.find(({ name }) => name === variant)?.group ?? "";
    const curve: Curve = {
      name: variant,
      runs: records.map(({ seed, record }) => ({
        name: `seed ${seed}`,
        points: record.evaluations.map(({ epoch, metrics }) => [epoch, metrics[file.metric] ?? Number.NaN]),
      })),
    };
    scores.set(group, [...(scores.get(group) ?? []), curve]);
    if (variant !== file.reference) continue;
    loss = {
      name: variant,
      runs: records.map(({ seed, record }) => ({
        name: `seed ${seed}`,
        points: record.training.map(({ step, loss: value }) => [step, value]),
      })),
    };
  }
  const label = file.metric.replaceAll("_", " ").replace("f1", "F1");
  const charts = [...scores].flatMap(([group, curves]): LineChart[] =>
    curves.every(({ runs }) => runs.every(({ points }) => points.length < 2))
      ? []
      : [
          {
            kind: "lines",
            title: group === "" ? "Validation score by epoch" : `Validation score by epoch: ${group}`,
            description: "A light line for each seed, and the variant's mean in bold.",
            x: { label: "epoch", integer: true },
            y: { label },
            curves,
          },
        ],
  );
  if (loss === undefined || loss.runs.every(({ points }) => points.length < 2)) return charts;
  const lossChart: LineChart = {
    kind: "lines",
    title: `Training loss of ${loss.name}`,
    description: "A light line for each seed, and their mean in bold.",
    x: { label: "step", integer: true },
    y: { label: "loss" },
    curves: [loss],
  };
  return [...charts, lossChart];
}

/** The confusion matrices of every set's reference and best row, summed over the seeds; relations only. */
export async function confusionBlocks(
  out: string,
  file: ExperimentFile,
  { rows }: ExperimentResults,
): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const set of file.sets) {
    const own = rows.filter((row) => row.set === set && row.mean !== undefined);
    const reference = own.find((row) => row.reference);
    const best = [...own].sort((a, b) => (b.mean ?? 0) - (a.mean ?? 0))[0];
    for (const row of new Set([reference, best])) {
      const matrix = row && (await confusionOf(out, file, row));
      if (matrix !== undefined) blocks.push(matrix);
    }
  }
  return blocks;
}

async function confusionOf(
  out: string,
  file: ExperimentFile,
  row: ResultRow,
): Promise<ConfusionMatrix | undefined> {
  const seeds = row.runs.map(({ seed }) => seed);
  const evaluations = file.evaluations.filter(
    ({ variant, set, condition, seed }) =>
      variant === row.variant && set === row.set && condition === row.condition && seeds.includes(seed),
  );
  let labels: readonly string[] | undefined;
  let counts: number[][] | undefined;
  for (const { evaluate } of evaluations) {
    const { metrics } = await readEvaluationResult(join(out, evaluate));
    if (!("confusion" in metrics)) return undefined;
    labels = ("relations" in metrics ? metrics.relations : metrics.categories).map(({ label }) => label);
    counts = metrics.confusion.map((line, i) => line.map((count, j) => count + (counts?.[i]?.[j] ?? 0)));
  }
  if (labels === undefined || counts === undefined) return undefined;
  const name = row.condition === undefined ? row.variant : `${row.variant}, ${row.condition}`;
  return { kind: "confusion", title: `${name} on ${row.set}`, labels, counts };
}

/** A row per variant and seed: how many generated views were kept, and their information about the label according to the teachers. */
export async function selectionBlock(out: string, file: ExperimentFile): Promise<Block[]> {
  const rows: Cell[][] = [];
  for (const variant of await distinctVariants(out, file)) {
    for (const { seed, folder } of await runsOf(out, file, variant)) {
      const { selection } = (await readRun(folder)).data;
      if (selection === undefined) continue;
      const { method, views, kept, information } = selection;
      rows.push([
        variant,
        String(seed),
        method,
        views,
        kept,
        information?.before.boundNats ?? null,
        information?.after?.boundNats ?? null,
        information?.before.gainNats ?? null,
        information?.after?.gainNats ?? null,
      ]);
    }
  }
  if (rows.length === 0) return [];
  const columns = ["variant", "seed", "selection"].map((header) => ({ header }));
  const counts = ["accepted views", "kept"].map((header) => ({ header, digits: 0 }));
  const nats = ["I(S;Y) before", "after", "gain of views before", "after"].map((header) => ({
    header,
    digits: 3,
  }));
  return [
    {
      kind: "table",
      title: "Selection of generated views",
      columns: [...columns, ...counts, ...nats],
      rows,
      legend:
        "I(S;Y): lower bounds on the mutual information between generated views and the label, in nats: H(Y) minus the teachers' out-of-fold cross-entropy, real views included if teachers read them (selection.reads). The gain is what the generated view adds to what is read without one. After a selection by the same scores, the values are optimistic.",
    },
  ];
}

/** A row per variant: how mixed the labels of its batches were. None if no variant changes its batches. */
export async function batchBlock(out: string, file: ExperimentFile): Promise<Block[]> {
  if (!file.variants.some(({ overrides }) => changesBatches(overrides))) return [];
  const rows: Cell[][] = [];
  for (const variant of await distinctVariants(out, file)) {
    const runs = await runsOf(out, file, variant);
    const records = await Promise.all(runs.map(({ folder }) => readRun(folder)));
    const entropies = records.flatMap(({ batches }) => labelEntropy(batches) ?? []);
    const mean = (of: "batch" | "all") => entropies.reduce((sum, one) => sum + one[of], 0) / entropies.length;
    if (entropies.length > 0) rows.push([variant, mean("batch"), mean("all")]);
  }
  if (rows.length === 0) return [];
  return [
    {
      kind: "table",
      title: "Labels in a batch",
      columns: [
        { header: "variant" },
        { header: "entropy in a batch", digits: 3 },
        { header: "in all training documents", digits: 3 },
      ],
      rows,
      legend:
        "Entropy of the labels, in nats: the mean over batches, epochs and seeds. 0: all documents of a batch have one label. For entities, a document's label is the type of most of its entities.",
    },
  ];
}

function changesBatches(overrides: Json): boolean {
  if (!isFields(overrides) || !isFields(overrides.training)) return false;
  const { batches, batchSize } = overrides.training;
  return batches !== undefined || batchSize !== undefined;
}

/** Captions are generated by another model, and the report says so. */
export async function visualNotes(out: string, file: ExperimentFile): Promise<Note[]> {
  const channels = new Set<string>();
  for (const { evaluate } of file.evaluations) {
    if (!existsSync(join(out, evaluate, STAGE_FILES.result))) continue;
    channels.add((await readEvaluationResult(join(out, evaluate))).visualChannel);
  }
  if (!channels.has("caption-as-vision")) return [];
  return [
    {
      tone: "caution",
      text: "Caption-as-vision: the model read captions, which another model wrote, instead of the pictures.",
    },
  ];
}
