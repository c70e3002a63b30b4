// An experiment as a page: tables and charts of its rows, curves by seed, confusion matrices, failures.

import { join } from "node:path";
import { counted } from "../base/counted.ts";
import type {
  Block,
  Cell,
  Fact,
  Json,
  Note,
  ReportData,
  Section,
  TableBlock,
} from "../report/report-data.ts";
import { writeReport } from "../report/write-report.ts";
import { describeEnvironment } from "../training/environment.ts";
import { type ExperimentFile, requireExperimentFile } from "./experiment-file.ts";
import { isStageOutput } from "./overrides.ts";
import { instabilityBlock } from "./report-instability.ts";
import { type OneRunOptions, oneRunSections } from "./report-one-run.ts";
import { bestOf, gridSection, metricName, setSection } from "./report-rows.ts";
import { batchBlock, confusionBlocks, curveBlocks, selectionBlock, visualNotes } from "./report-runs.ts";
import type { ExperimentResults, ResultRow } from "./results.ts";
import { sameNames } from "./row-names.ts";

const REPORT_FILE = "report.html";
/** Writes the page of an experiment's results to its folder and returns its path. */
export async function writeExperimentReport(
  out: string,
  results: ExperimentResults,
  options: OneRunOptions = {},
): Promise<string> {
  const file = await requireExperimentFile(out);
  const path = join(out, REPORT_FILE);
  await writeReport(path, await reportOf(out, file, results, options));
  return path;
}

async function reportOf(
  out: string,
  file: ExperimentFile,
  results: ExperimentResults,
  options: OneRunOptions,
): Promise<ReportData> {
  const { title, description, preset, seeds, failed, progress, notes } = results;
  const { memoryBytes: _, data: __, inputs: ___, ...environment } = describeEnvironment();
  const scored = results.rows.filter(({ runs }) => runs.length > 0);
  const sets = [...new Set(scored.map(({ set }) => set))];
  const sections: Section[] = [
    ...gridSection(results),
    ...sets.map((set) => setSection(set, scored, results)),
    variantSection(file),
    ...asSection("Training", "Scores on the validation documents after every epoch, and the training loss.", [
      ...(await batchBlock(out, file)),
      ...(await curveBlocks(out, file)),
      ...instabilityBlock(results),
    ]),
    ...asSection("Generated views", undefined, await selectionBlock(out, file)),
    ...asSection("Confusion", "Counts over all seeds.", await confusionBlocks(out, file, results)),
    ...(await oneRunSections(out, file, results, options)),
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
              `${progress.finished} of ${counted(progress.stages, "stage")} finished: numbers may still change.`,
            ),
          ]
        : []),
      ...(failed.length > 0
        ? [caution(`${counted(failed.length, "stage")} failed; their rows lack the scores of these seeds.`)]
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
  return blocks.length === 0 ? [] : [{ title, intro, blocks }];
}

const caution = (text: string): Note => ({ tone: "caution", text });

function factsOf(set: string, rows: readonly ResultRow[], { metric }: ExperimentResults): Fact[] {
  const own = rows.filter((row) => row.set === set);
  const reference = own.find((row) => row.reference);
  const best = bestOf(own);
  const fact = (label: string, row: ResultRow): Fact => ({
    label: `${label}, ${set}`,
    value: row.mean ?? Number.NaN,
    spread: row.standardDeviation,
    detail: `${metricName(metric)}, ${counted(row.runs.length, "seed")}`,
  });
  return [
    ...(reference === undefined ? [] : [fact(`${sameNames(reference)} (reference)`, reference)]),
    ...(best === undefined || best === reference ? [] : [fact(`${sameNames(best)} (best)`, best)]),
  ];
}

/** "model.mixup.enabled: false" for every field of overrides. */
function fieldsOf(value: Json | undefined, path: readonly string[] = []): string[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !("$stage" in value)) {
    return Object.entries(value).flatMap(([key, inner]) => fieldsOf(inner as Json, [...path, key]));
  }
  const shown = value === null ? "left out" : isStageOutput(value) ? value.$stage : JSON.stringify(value);
  return [`${path.join(".")}: ${shown}`];
}

/** Describes each variant, and the configuration fields that it overrides. */
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
