// Reports a training run: the contents of its folder, and predictions on gold documents.

import { counted } from "../base/counted.ts";
import type { Json as TrainingJson } from "../base/json.ts";
import { type ExtensionsInput, loadExtensions } from "../extensions/load-extensions.ts";
import {
  describeSupport,
  describeTemperature,
  describeTrust,
  fewNote,
} from "../extractors/shared/calibration-words.ts";
import { formatNumber } from "./numbers.ts";
import type { Block, Fact, Json, Note, ReportData, Section } from "./report-data.ts";
import { isRunOfBoth, refusePredictions, reportOfBoth } from "./report-of-both.ts";
import { dataNotes, dataSection } from "./run/data-section.ts";
import { judgeCategories } from "./run/judged-categories.ts";
import { type JudgedSet, type PredictionFiles, readJudged } from "./run/judged-documents.ts";
import { judgeEntities } from "./run/judged-entities.ts";
import { type JudgedParts, judgeRelations } from "./run/judged-relations.ts";
import { measureRunViews } from "./run/measured-views.ts";
import { type EvaluationRecord, type RunRecord, readRun } from "./run/read-run.ts";
import { thresholdsSection } from "./run/thresholds-section.ts";
import { metricName, trainingSection } from "./run/training-section.ts";
import { viewsSections } from "./run/views-section.ts";

export type { PredictionFiles } from "./run/judged-documents.ts";

export interface RunReportOptions {
  readonly judged?: PredictionFiles | undefined;
  /** Maximum number of cards in the list of mistakes; the other lists have half as many. Default 12. */
  readonly examples?: number | undefined;
  readonly title?: string | undefined;
  /** Whether to measure drift and diversity of the generated views too, which is slow for many views. Default false. */
  readonly measureViews?: boolean | undefined;
  /** Progress of the measuring. */
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Readers for documents in formats that relata does not know. */
  readonly extensions?: ExtensionsInput | undefined;
}

const DEFAULT_EXAMPLES = 12;
const NOT_MEASURED: Note = {
  tone: "caution",
  text: "Drift and diversity were not measured: the store of the generated views or the run's configuration no longer exists.",
};

/**
 * Reads the folder of a run of one task or of both, and predictions if given.
 *
 * @throws ConfigError `config/contradiction` for predictions with a run of both; DataError `data/not-a-run`, `data/bad-calibration`, `data/other-predictions`, and the errors of reading documents and measuring views.
 * @example
 * await writeReport("report.html", await reportOfRun("runs/first"));
 */
export async function reportOfRun(runFolder: string, options: RunReportOptions = {}): Promise<ReportData> {
  if (!isRunOfBoth(runFolder)) return reportOfOne(runFolder, options);
  const { judged, title, ...ofEach } = options;
  if (judged !== undefined) refusePredictions(runFolder);
  return reportOfBoth(runFolder, title, (folder) => reportOfOne(folder, ofEach));
}

async function reportOfOne(runFolder: string, options: RunReportOptions): Promise<ReportData> {
  const record = await readRun(runFolder);
  const noneLabel = record.settings.data?.noneLabel;
  const extensions = await loadExtensions(options.extensions);
  const set =
    options.judged && (await readJudged({ noneLabel, extensions, ...options.judged }, options.signal));
  const judged = set && judge(record, set, options);
  const { signal, onProgress } = options;
  const measures = options.measureViews
    ? await measureRunViews(record, { signal, onProgress, extensions })
    : undefined;
  const { run, data, config } = record;
  return {
    title:
      options.title ??
      `${taskName(record)}, ${data.views === undefined ? "" : "generated views, "}${data.visualChannel}`,
    subtitle: `${runFolder}: ${counted(run.identity.options.epochs, "epoch")}, seed ${run.identity.options.seed ?? "unknown"}, ${counted(data.train.account.examples, "training example")}.`,
    notes: [
      ...progressNotes(record),
      ...dataNotes(record),
      ...predictionNotes(set),
      ...(options.measureViews && data.views && measures === undefined ? [NOT_MEASURED] : []),
    ],
    facts: [...(judged?.facts ?? []), ...validationFacts(record), ...calibrationFacts(record)],
    sections: [
      trainingSection(record),
      ...calibrationSection(record),
      ...thresholdsSection(record.predictions, record.thresholds),
      ...(judged?.sections ?? []),
      ...(await viewsSections(record, measures, extensions)),
      dataSection(record),
    ],
    config: config ?? (run.identity.config satisfies TrainingJson as Json),
    fingerprints: {
      "training documents": data.train.fingerprint,
      "validation documents": data.validation.fingerprint,
    },
    environment: environmentOf(record),
  };
}

function judge(
  { data }: RunRecord,
  set: JudgedSet,
  { judged, examples }: RunReportOptions,
): JudgedParts | undefined {
  if (judged === undefined) return undefined;
  const count = examples ?? DEFAULT_EXAMPLES;
  if (learnsCategories(data)) return judgeCategories(set);
  const ofRelations = set.documents.some(({ predicted }) => predicted.relations.length > 0);
  return ofRelations ? judgeRelations(set, data.labels, judged, count) : judgeEntities(set, count);
}

/** Whether the run's labels are its documents' categories. */
function learnsCategories({ labels, train: { statistics } }: RunRecord["data"]): boolean {
  const { categories = {} } = statistics;
  return labels.some(
    (label) => Object.hasOwn(categories, label) && !Object.hasOwn(statistics.relations, label),
  );
}

/** The statistics of relations have counts, those of entities have none. */
function taskName({ data }: RunRecord): string {
  if (learnsCategories(data)) return "Categories of posts";
  const labelled = (counts: Readonly<Record<string, number>>) =>
    data.labels.some((label) => Object.hasOwn(counts, label));
  return labelled(data.train.statistics.relations) ? "Relations between mentions" : "Named entities";
}

/** The evaluation whose weights were kept: the last one that was the best so far. */
function bestOf({ evaluations }: RunRecord): EvaluationRecord | undefined {
  return evaluations.findLast(({ best }) => best);
}

function validationFacts(record: RunRecord): Fact[] {
  const best = bestOf(record);
  const metric = record.run.identity.options.metric.name;
  const value = best?.metrics[metric];
  if (best === undefined || value === undefined) return [];
  return [{ label: `${metricName(metric)} on validation`, value, detail: `best, after epoch ${best.epoch}` }];
}

function calibrationFacts({ calibration }: RunRecord): Fact[] {
  const error = calibration?.expectedCalibrationError;
  if (error === undefined || error === null) return [];
  return [
    {
      label: "calibration error",
      value: error.after,
      detail: `was ${formatNumber(error.before)} before calibration`,
    },
  ];
}

function calibrationSection({ calibration }: RunRecord): Section[] {
  if (calibration === undefined) return [];
  const { temperature, instances, expectedCalibrationError: error } = calibration;
  const few = fewNote(calibration);
  const table: Block = {
    kind: "table",
    title: "Temperature",
    columns: [
      { header: "" },
      { header: "temperature" },
      { header: "expected calibration error" },
      { header: "validation predictions", digits: 0 },
    ],
    rows: [
      ["before", 1, error?.before ?? null, instances],
      ["after", temperature, error?.after ?? null, instances],
    ],
    legend: `${calibration.trust === undefined ? "" : `Trust in views: ${describeTrust(calibration.trust)}. `}Used: ${describeTemperature(calibration)}. Based on ${describeSupport(calibration)}. The error after calibration is measured with temperatures fitted on the other half of the texts.${few === undefined ? "" : ` Note: ${few}.`}`,
  };
  return [{ title: "Calibration", blocks: [table] }];
}

function progressNotes({ run, calibration, evaluations }: RunRecord): Note[] {
  const done = evaluations.at(-1)?.epoch ?? 0;
  if (calibration !== undefined) return [];
  return [
    {
      tone: "caution",
      text: `The run is not complete: ${done} of ${counted(run.identity.options.epochs, "epoch")} were evaluated.`,
    },
  ];
}

function predictionNotes(set: JudgedSet | undefined): Note[] {
  if (set === undefined || set.unpredicted === 0) return [];
  return [
    {
      tone: "caution",
      text: `${counted(set.unpredicted, "gold document has no prediction and is", "gold documents have no prediction and are")} not scored here.`,
    },
  ];
}

function environmentOf({ run }: RunRecord): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(run.environment).filter(
      (entry): entry is [string, string | number] =>
        typeof entry[1] === "string" || typeof entry[1] === "number",
    ),
  );
}
