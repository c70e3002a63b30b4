// An experiment as a page: tables and charts of its rows, curves by seed, confusion matrices, what failed.
import { join } from "node:path";
import { describeEnvironment } from "../../training/index.ts";
import { formatNumber } from "../report/numbers.ts";
import type {
  Block,
  Cell,
  Curve,
  Dot,
  DotChart,
  Fact,
  Json,
  LineChart,
  Measure,
  Note,
  Reference,
  ReportData,
  Section,
  TableBlock,
} from "../report/report-data.ts";
import { writeReport } from "../report/write-report.ts";
import { type ExperimentFile, requireExperimentFile } from "./experiment-file.ts";
import { isStageOutput } from "./overrides.ts";
import { confusionBlocks, curveBlocks, selectionBlock, visualNotes } from "./report-runs.ts";
import type { ExperimentResults, ResultRow } from "./results.ts";

export const REPORT_FILE = "report.html";
/** Of the adjusted p-value that earns a mark. */
const LEVEL = 0.05;

/** Writes the page of an experiment's results into its folder and gives its path. */
export async function writeExperimentReport(out: string, results: ExperimentResults): Promise<string> {
  const file = await requireExperimentFile(out);
  const path = join(out, REPORT_FILE);
  await writeReport(path, await reportOf(out, file, results));
  return path;
}

async function reportOf(out: string, file: ExperimentFile, results: ExperimentResults): Promise<ReportData> {
  const { title, description, preset, seeds, failed, progress, notes } = results;
  const { memoryBytes: _, data: __, ...environment } = describeEnvironment();
  const scored = results.rows.filter(({ runs }) => runs.length > 0);
  const sets = [...new Set(scored.map(({ set }) => set))];
  const sections: Section[] = [
    ...sets.map((set) => setSection(set, scored, results)),
    variantSection(file),
    ...asSection(
      "Training",
      "Scores on the validation documents after every epoch, and the training loss.",
      await curveBlocks(out, file),
    ),
    ...asSection("Generated views", undefined, await selectionBlock(out, file)),
    ...asSection("Confusion", "Counts over all seeds.", await confusionBlocks(out, file, results)),
    ...asSection(
      "Failed",
      undefined,
      failed.map(
        ({ stage, message, log }): Block => ({
          kind: "json",
          title: `${stage}: ${message}`,
          value: log.split("\n"),
        }),
      ),
    ),
  ];
  return {
    title,
    subtitle: `${description} Preset ${preset}, ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}.`,
    notes: [
      ...(progress.finished < progress.stages
        ? [
            caution(
              `${progress.finished} of ${progress.stages} stages are finished: numbers may still change.`,
            ),
          ]
        : []),
      ...(failed.length > 0
        ? [caution(`${failed.length} stages failed; rows lack the scores of their seeds.`)]
        : []),
      ...(await visualNotes(out, file)),
      ...notes.map((text): Note => ({ tone: "info", text })),
    ],
    facts: sets.flatMap((set) => factsOf(set, scored, results)).slice(0, 6),
    sections,
    config: results.config as Json,
    // Evaluations follow from these.
    fingerprints: Object.fromEntries(
      Object.entries(results.fingerprints).filter(([id]) => !id.includes("/evaluate-")),
    ),
    environment: { ...environment },
  };
}

function asSection(title: string, intro: string | undefined, blocks: readonly Block[]): Section[] {
  return blocks.length === 0 ? [] : [{ title, ...(intro === undefined ? {} : { intro }), blocks }];
}

const caution = (text: string): Note => ({ tone: "caution", text });

/** "micro_f1" as people write it. */
function metricName(metric: string): string {
  return metric.replaceAll("_", " ").replace("f1", "F1");
}

function factsOf(set: string, rows: readonly ResultRow[], { metric }: ExperimentResults): Fact[] {
  const own = rows.filter((row) => row.set === set);
  const reference = own.find((row) => row.reference);
  const best = bestOf(own);
  const fact = (label: string, row: ResultRow): Fact => ({
    label: `${label}, ${set}`,
    value: row.mean ?? Number.NaN,
    ...(row.standardDeviation === undefined ? {} : { spread: row.standardDeviation }),
    detail: `${metricName(metric)}, ${row.runs.length === 1 ? "1 seed" : `${row.runs.length} seeds`}`,
  });
  return [
    ...(reference === undefined ? [] : [fact(`${nameOf(reference)} (reference)`, reference)]),
    ...(best === undefined || best === reference ? [] : [fact(`${nameOf(best)} (best)`, best)]),
  ];
}

function bestOf(rows: readonly ResultRow[]): ResultRow | undefined {
  return [...rows].sort((a, b) => (b.mean ?? 0) - (a.mean ?? 0))[0];
}

/** A row's name: its variant, and the condition where it is not the usual one. */
export function nameOf({ variant, condition }: Pick<ResultRow, "variant" | "condition">): string {
  return condition === undefined ? variant : `${variant}, ${condition}`;
}

function setSection(set: string, all: readonly ResultRow[], results: ExperimentResults): Section {
  const rows = all.filter((row) => row.set === set);
  return {
    title: `Scores on ${set}`,
    shortTitle: set,
    blocks: [
      dotChart(set, rows, results),
      ...sweepChart(set, rows, results),
      ...scoreTables(set, rows, results),
    ],
  };
}

function measureOf(row: ResultRow, best: boolean): Measure {
  return {
    mean: row.mean ?? Number.NaN,
    ...(row.standardDeviation === undefined ? {} : { spread: row.standardDeviation }),
    values: row.runs.map(({ score }) => score),
    ...(best ? { best: true } : {}),
    ...((row.comparison?.adjustedPValue ?? 1) < LEVEL ? { mark: "*" } : {}),
  };
}

function scoreTables(set: string, rows: readonly ResultRow[], results: ExperimentResults): TableBlock[] {
  const { metric, significance } = results;
  const best = bestOf(rows);
  const grouped = rows.some(({ group }) => group !== undefined);
  const name = (row: ResultRow) => nameOf(row) + (row.reference ? " (reference)" : "");
  const compared = rows.filter(({ comparison }) => comparison !== undefined);
  const scores: TableBlock = {
    kind: "table",
    title: `${metricName(metric)} on ${set}`,
    columns: [
      { header: "variant" },
      ...(grouped ? [{ header: "group" }] : []),
      { header: metricName(metric), digits: 4 },
      { header: "precision" },
      { header: "recall" },
      { header: "seeds", digits: 0 },
    ],
    rows: rows.map((row): Cell[] => [
      name(row),
      ...(grouped ? [row.group ?? null] : []),
      measureOf(row, row === best),
      meanOf(row.runs.map(({ precision }) => precision)),
      meanOf(row.runs.map(({ recall }) => recall)),
      row.runs.length,
    ]),
    legend: `Behind ±: one standard deviation over the seeds. Precision and recall are micro means. * differs from the reference, p (Holm) below ${LEVEL}.`,
  };
  if (compared.length === 0) return [scores];
  const differences: TableBlock = {
    kind: "table",
    title: `Differences to the reference on ${set}`,
    columns: [
      { header: "variant" },
      { header: "difference", digits: 4 },
      { header: "95 % interval" },
      { header: "p", digits: 4 },
      { header: "p (Holm)", digits: 4 },
    ],
    rows: compared.map((row): Cell[] => [
      name(row),
      row.comparison?.difference ?? null,
      (row.comparison?.interval ?? []).map((bound) => formatNumber(bound, 4)).join(" to "),
      row.comparison?.pValue ?? null,
      row.comparison?.adjustedPValue ?? null,
    ]),
    legend: significance,
  };
  return [scores, differences];
}

/** "model.mixup.enabled: false" for every field of overrides. */
function fieldsOf(value: Json | undefined, path: readonly string[] = []): string[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !("$stage" in value)) {
    return Object.entries(value).flatMap(([key, inner]) => fieldsOf(inner as Json, [...path, key]));
  }
  const shown = value === null ? "left out" : isStageOutput(value) ? value.$stage : JSON.stringify(value);
  return [`${path.join(".")}: ${shown}`];
}

/** What each variant is, and the fields that it lays over the configuration. */
function variantSection({ variants }: ExperimentFile): Section {
  const table: TableBlock = {
    kind: "table",
    title: "What is compared",
    folded: variants.length > 12,
    columns: ["variant", "what it is", "fields"].map((header) => ({ header })),
    rows: variants.map(({ name, description, overrides }): Cell[] => [
      name,
      description,
      fieldsOf(overrides as Json).join("; "),
    ]),
  };
  return { title: "Variants", blocks: [table] };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function dotChart(
  set: string,
  rows: readonly ResultRow[],
  { metric, ceilings }: ExperimentResults,
): DotChart {
  const seeds = Math.max(...rows.map(({ runs }) => runs.length));
  return {
    kind: "dots",
    title: `${metricName(metric)} of every variant on ${set}`,
    description: "Means over the seeds; small dots are single seeds, the hollow mark is the reference.",
    x: { label: metricName(metric) },
    dots: rows.map(
      (row): Dot => ({
        name: nameOf(row),
        ...measureOf(row, false),
        ...(row.reference ? { emphasis: true } : {}),
      }),
    ),
    ...referencesOf(ceilings),
    ...(seeds > 1 ? { errorBars: `one standard deviation over ${seeds} seeds` } : {}),
  };
}

/** Rows with values over these, a curve for each evaluation. */
function sweepChart(
  set: string,
  rows: readonly ResultRow[],
  { metric, axis, ceilings }: ExperimentResults,
): LineChart[] {
  const swept = rows.filter((row): row is ResultRow & { readonly value: number } => row.value !== undefined);
  const groups = [...new Set(swept.map(({ group }) => group))];
  return groups.flatMap((group): LineChart[] => {
    const own = swept.filter((row) => row.group === group);
    const curves = curvesOf(own);
    if (new Set(own.map(({ value }) => value)).size < 2) return [];
    const label = axis ?? group ?? "value";
    return [
      {
        kind: "lines",
        title: `${metricName(metric)} over ${label} on ${set}`,
        description: "A light line per seed, their mean in bold.",
        x: { label },
        y: { label: metricName(metric) },
        curves,
        ...referencesOf(ceilings),
      },
    ];
  });
}

/** Usual evaluations make one curve; those with a condition that has the value in it, such as "8 views", another. */
function curvesOf(rows: readonly (ResultRow & { readonly value: number })[]): Curve[] {
  const kind = ({ condition, value }: (typeof rows)[number]) =>
    condition === undefined
      ? "usual evaluation"
      : condition.replace(String(value), "as many").replace("view ", "views ");
  return [...new Set(rows.map(kind))].map((name) => {
    const own = rows.filter((row) => kind(row) === name).sort((a, b) => a.value - b.value);
    const seeds = [...new Set(own.flatMap(({ runs }) => runs.map(({ seed }) => seed)))];
    return {
      name,
      runs: seeds.map((seed) => ({
        name: `seed ${seed}`,
        points: own.flatMap(({ value, runs }) =>
          runs
            .filter((run) => run.seed === seed)
            .map(({ score }): readonly [number, number] => [value, score]),
        ),
      })),
    };
  });
}

function referencesOf(ceilings: Readonly<Record<string, number>>): {
  readonly references?: readonly Reference[];
} {
  const references = Object.entries(ceilings).map(([name, value]) => ({ name, value }));
  return references.length === 0 ? {} : { references };
}
