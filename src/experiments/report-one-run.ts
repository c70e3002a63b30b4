// One run of an experiment in detail: the reference with its first seed, document by document, and its generated views.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../base/errors.ts";
import { prefixSections } from "../report/prefix-sections.ts";
import type { Section } from "../report/report-data.ts";
import { type RunReportOptions, reportOfRun } from "../report/report-of-run.ts";
import type { ExperimentFile } from "./experiment-file.ts";
import type { ExperimentResults } from "./results.ts";
import { STAGE_FILES } from "./stage-commands.ts";

export type OneRunOptions = Pick<RunReportOptions, "measureViews" | "signal" | "onProgress" | "extensions">;

const EXAMPLES_SHOWN = 6;
/** The page shows these for all runs. */
const SHOWN_OF_ALL = new Set(["Training", "Data"]);

/** Returns calibration, scores by label, examples and generated views of that run on the last set; empty if the run has no scores yet. */
export async function oneRunSections(
  out: string,
  file: ExperimentFile,
  { rows }: ExperimentResults,
  options: OneRunOptions,
): Promise<Section[]> {
  const row = rows.findLast(({ reference, runs }) => reference && runs.length > 0);
  const seed = row?.runs[0]?.seed;
  const evaluation = file.evaluations.find(
    (one) =>
      one.variant === row?.variant &&
      one.set === row.set &&
      one.condition === row.condition &&
      one.seed === seed,
  );
  if (row === undefined || evaluation === undefined) return [];
  const { file: gold, pictures, ...read } = evaluation.gold;
  const hasPictures = pictures !== undefined && existsSync(pictures);
  const run = join(out, evaluation.train, STAGE_FILES.run);
  const predictions = join(out, evaluation.evaluate, STAGE_FILES.predictions);
  let sections: readonly Section[];
  try {
    const judged = { predictions, gold, ...read, ...(hasPictures ? { pictures } : {}) };
    ({ sections } = await reportOfRun(run, { ...options, judged, examples: EXAMPLES_SHOWN }));
  } catch (error) {
    if (!(error instanceof DataError && error.code === "data/other-predictions")) throw error;
    ({ sections } = await reportOfRun(run, options));
    const text = `Examples and scores by label are not shown: ${gold} no longer contains the documents that were predicted.`;
    sections = [remark(text), ...sections];
  }
  if (pictures !== undefined && !hasPictures)
    sections = [...sections, remark(`Pictures are not shown: there is no folder ${pictures}.`)];
  const own = sections.filter((section) => !SHOWN_OF_ALL.has(section.title));
  return prefixSections(own, `${row.variant}, seed ${seed}`);
}

const remark = (text: string): Section => ({ title: "Examples", blocks: [{ kind: "text", text }] });
