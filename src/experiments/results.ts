// Collects an experiment's results from its folder: scores by row and seed, spread, and significant differences from the reference.

import { join } from "node:path";
import { counted } from "../base/counted.ts";
import type { Json } from "../base/json.ts";
import { readDocuments } from "../data/readers.ts";
import { summarizeSeeds } from "../evaluation/seed-summary.ts";
import type { Extensions } from "../extensions/extension.ts";
import { type ExtensionsInput, loadExtensions } from "../extensions/load-extensions.ts";
import type { Comparison } from "./compare.ts";
import { type Compared, comparisons, type Family } from "./comparisons.ts";
import { readEvaluationResult, scoreOf } from "./evaluation-result.ts";
import { type ExperimentFile, requireExperimentFile } from "./experiment-file.ts";
import { type GapRow, gapRowOf } from "./gap-rows.ts";
import { type InstabilityRow, instabilityRows } from "./instability.ts";
import { mixingNotes } from "./mixing-notes.ts";
import { type Gold, outcomesOf, readClustered, statisticOf } from "./outcomes.ts";
import { classesOf, type MergedRow, type Row, referenceOf } from "./row.ts";
import { sameModelNotes } from "./row-names.ts";
import { groupSame, modelsOf } from "./same-models.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord, type StageFailure } from "./stage-record.ts";

/** One training or evaluation that did not finish. */
export interface FailedStage extends StageFailure {
  readonly stage: string;
}

/** One run's score. */
export interface RunScore {
  readonly seed: number;
  readonly score: number;
  readonly precision: number;
  readonly recall: number;
}

/** A variant under one evaluation, over all seeds. */
export interface ResultRow {
  readonly variant: string;
  readonly group?: string;
  readonly description: string;
  readonly set: string;
  /** Difference from the set's usual evaluation. */
  readonly condition?: string | undefined;
  /** The variant's value in a sweep. */
  readonly value?: number;
  /** What a sweep of fields sets, by field; null where the field is absent. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** The data set that it is trained on, if there are several. */
  readonly dataset?: string;
  /** Its p-value is corrected together with those of the other rows of this family on this set. */
  readonly family?: string;
  readonly runs: readonly RunScore[];
  /** Seeds without a score, so far or permanently. */
  readonly missing: readonly number[];
  /** Over the runs; absent if there are none. */
  readonly mean?: number;
  /** Sample standard deviation; absent for fewer than two runs. */
  readonly standardDeviation?: number;
  /** Whether the set's other rows are compared with this one. */
  readonly reference: boolean;
  /** The row that this one is compared with, if it is not the set's reference. */
  readonly comparedWith?: string;
  /** Comparison with that row or the set's reference, over the seeds that both have. */
  readonly comparison?: Comparison;
  /** The gap between pictures and texts, if the evaluations measured it (`relata evaluate --modality-gap`). */
  readonly modalityGap?: GapRow;
  /** Other variants and conditions whose models and predictions are these, byte for byte. They have no row of their own. */
  readonly identical?: readonly IdenticalRow[];
}

/** Another name of a row. */
export type IdenticalRow = Pick<
  ResultRow,
  "variant" | "group" | "description" | "condition" | "value" | "settings" | "dataset" | "family"
>;

/** The results of an experiment so far: the content of results.json. */
export interface ExperimentResults {
  readonly format: "relata-experiment-results";
  readonly version: 1;
  readonly relata: string;
  readonly preset: string;
  readonly title: string;
  readonly description: string;
  readonly task: ExperimentFile["task"];
  readonly metric: ExperimentFile["metric"];
  readonly seeds: readonly number[];
  readonly axis?: string | undefined;
  /** Reference values, by name. */
  readonly ceilings: Readonly<Record<string, number>>;
  /** Rows of one evaluation set are together, in the order of the variants. */
  readonly rows: readonly ResultRow[];
  readonly failed: readonly FailedStage[];
  /** How unsteady each variant's trainings were. */
  readonly instability: readonly InstabilityRow[];
  /** Of the requested stages. */
  readonly progress: { readonly finished: number; readonly stages: number };
  readonly significance: string;
  /** Which comparisons were corrected together (Holm). */
  readonly families: readonly Family[];
  /** What a reader must know, such as scores that cannot be recomputed from the predictions. */
  readonly notes: readonly string[];
  readonly config: Json;
  /** SHA-256 of settings and inputs by stage. */
  readonly fingerprints: Readonly<Record<string, string>>;
}

/** p = 0.05 then has an error of 0.003. */
const DEFAULT_SAMPLES = 5000;
/** Scores computed from predictions equal those of `relata evaluate`, up to rounding. */
const TOLERANCE = 1e-9;

export interface GatherOptions {
  /** Resamples of the bootstrap; 0 for none. */
  readonly samples?: number | undefined;
  /** Readers for gold documents in formats that relata does not know. */
  readonly extensions?: ExtensionsInput | undefined;
}

/**
 * Returns the results so far. Only stages whose record has the experiment's fingerprint count.
 *
 * @throws DataError `experiment/no-experiment`, `experiment/bad-record`
 */
export async function gatherResults(out: string, options: GatherOptions = {}): Promise<ExperimentResults> {
  const file = await requireExperimentFile(out);
  const { samples = DEFAULT_SAMPLES } = options;
  const failed: FailedStage[] = [];
  const finished = new Set<string>();
  for (const [id, fingerprint] of Object.entries(file.stages)) {
    const record = await readStageRecord(join(out, id));
    if (record?.fingerprint !== fingerprint) continue;
    if (record.status === "finished") finished.add(id);
    if (record.failure !== undefined) failed.push({ stage: id, ...record.failure });
  }
  const notes: string[] = [];
  const extensions = await loadExtensions(options.extensions);
  const { rows, families } = await rowsOf(out, file, finished, samples, notes, extensions);
  notes.push(...(await mixingNotes(out, file, finished)));
  const { relata, preset, title, description, task, metric, seeds, axis, config } = file;
  return {
    format: "relata-experiment-results",
    version: 1,
    relata,
    preset,
    title,
    description,
    task,
    metric,
    seeds,
    axis,
    ceilings: file.ceilings,
    rows,
    failed,
    instability: await instabilityRows(out, file),
    progress: { finished: file.asked.filter((id) => finished.has(id)).length, stages: file.asked.length },
    significance: samples === 0 ? "Differences were not tested." : significanceText(samples, families),
    families,
    notes,
    config,
    fingerprints: file.stages,
  };
}

function significanceText(samples: number, families: readonly Family[]): string {
  return (
    `Differences from the reference, with 95 % intervals and two-sided p-values of a paired bootstrap over documents (${samples} resamples; on each, ` +
    "the mean score over the seeds). Documents that share a text or a picture are drawn together. It shows how these runs might differ on other documents, not how other seeds might differ; the spread over seeds is given separately. " +
    `p is corrected for the number of comparisons on the same documents (Holm)${familyText(families)}.`
  );
}

/** Says which rows of a set were corrected apart from the others. */
function familyText(families: readonly Family[]): string {
  const names = new Set(families.flatMap(({ family }) => family ?? []));
  if (names.size < 2) return "";
  const counts = [...names].map((name) => {
    const most = Math.max(
      ...families.filter(({ family }) => family === name).map(({ comparisons: count }) => count),
    );
    return `${name} (${counted(most, "comparison")})`;
  });
  return `, on its own for each of ${counts.join(", ")}`;
}

async function rowsOf(
  out: string,
  file: ExperimentFile,
  finished: ReadonlySet<string>,
  samples: number,
  notes: string[],
  extensions: Extensions,
): Promise<{ readonly rows: readonly ResultRow[]; readonly families: readonly Family[] }> {
  const rows = new Map<string, Row>();
  for (const evaluation of file.evaluations) {
    const { variant, set, condition } = evaluation;
    const id = JSON.stringify([set, variant, condition]);
    const row: Row = rows.get(id) ?? {
      key: { variant, set, condition },
      evaluations: [],
      outcomes: new Map(),
      clusters: new Map(),
      results: new Map(),
    };
    row.evaluations.push(evaluation);
    rows.set(id, row);
  }
  const golds = new Map<string, Promise<Gold>>();
  let unlike = 0;
  for (const row of rows.values()) {
    for (const { seed, evaluate, gold } of row.evaluations) {
      if (!finished.has(evaluate)) continue;
      const result = await readEvaluationResult(join(out, evaluate));
      row.results.set(seed, result);
      if (samples === 0) continue;
      const reading =
        golds.get(gold.file) ?? readClustered(gold as Parameters<typeof readClustered>[0], extensions);
      golds.set(gold.file, reading);
      const [{ documents, clusters }, predictions] = await Promise.all([
        reading,
        readDocuments(join(out, evaluate, STAGE_FILES.predictions), { format: "relata" }),
      ]);
      const outcomes = outcomesOf(file.task, file.metric, documents, predictions.documents);
      row.outcomes.set(seed, outcomes);
      row.clusters = clusters;
      const ids = [...outcomes.keys()];
      const again = statisticOf(outcomes, ids, classesOf(file, result))(Uint32Array.from(ids, (_, i) => i));
      if (Math.abs(again - scoreOf(result, file.metric)) > TOLERANCE) unlike++;
    }
  }
  if (unlike > 0) {
    notes.push(
      `${counted(unlike, "score")} cannot be recomputed exactly from the predictions (entities that begin or end inside words); significance tests use the predictions.`,
    );
  }
  const models = new Map<Row, string>();
  for (const row of rows.values()) {
    const found = await modelsOf(
      out,
      row.evaluations.filter(({ seed }) => row.results.has(seed)),
    );
    if (found !== undefined) models.set(row, found);
  }
  const merged = file.sets.flatMap((set) => {
    const own = [...rows.values()].filter(({ key }) => key.set === set);
    const reference = referenceOf(set, own, file);
    return groupSame(own, models).map((group) => mergedRow(group, reference));
  });
  const { compared, families } =
    samples === 0
      ? { compared: new Map<Row, Compared>(), families: [] }
      : await comparisons(merged, file, samples);
  const results = merged.map((row) => resultRow(row, file, compared.get(row.row)));
  notes.push(...sameModelNotes(results));
  return { rows: results, families };
}

/** The reference keeps its name; of other rows the first does. */
function mergedRow(group: readonly Row[], reference: Row | undefined): MergedRow {
  const row = group.find((one) => one === reference) ?? group[0]!; // no group is empty
  return { row, others: group.filter((one) => one !== row), reference: row === reference };
}

function namesOf({ key }: Row, file: ExperimentFile): IdenticalRow {
  const variant = file.variants.find(({ name }) => name === key.variant);
  return {
    variant: key.variant,
    ...(key.condition === undefined ? {} : { condition: key.condition }),
    ...(variant?.group === undefined ? {} : { group: variant.group }),
    description: variant?.description ?? "",
    ...(variant?.value === undefined ? {} : { value: variant.value }),
    ...(variant?.settings === undefined ? {} : { settings: variant.settings }),
    ...(variant?.dataset === undefined ? {} : { dataset: variant.dataset }),
    ...(variant?.family === undefined ? {} : { family: variant.family }),
  };
}

function resultRow(
  { row, others, reference }: MergedRow,
  file: ExperimentFile,
  compared: Compared | undefined,
): ResultRow {
  const runs = [...row.results].map(([seed, result]): RunScore => {
    const { precision, recall } = result.metrics.micro;
    return { seed, score: scoreOf(result, file.metric), precision, recall };
  });
  const summary = runs.length === 0 ? undefined : summarizeSeeds(runs.map(({ score }) => score));
  const { standardDeviation } = summary ?? {};
  const gap = gapRowOf(row.results.values());
  return {
    ...namesOf(row, file),
    set: row.key.set,
    runs,
    missing: row.evaluations.flatMap(({ seed }) => (row.results.has(seed) ? [] : [seed])),
    ...(summary === undefined ? {} : { mean: summary.mean }),
    ...(standardDeviation === undefined ? {} : { standardDeviation }),
    reference,
    ...(gap === undefined ? {} : { modalityGap: gap }),
    ...(compared?.with === undefined ? {} : { comparedWith: compared.with }),
    ...(compared === undefined ? {} : { comparison: compared.comparison }),
    ...(others.length === 0 ? {} : { identical: others.map((other) => namesOf(other, file)) }),
  };
}
