// Reads the parts of a training run's folder (docs/training.md) that a report shows.
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { parseRecord, readRecord } from "../../base/json-record.ts";
import { labelCounts } from "../../base/label-counts.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { OFFSET_UNITS } from "../../data/offset-units.ts";
import type { Thresholds } from "../../evaluation/thresholds.ts";
import type { Calibration } from "../../extractors/shared/calibration.ts";
import { readCalibration } from "../../extractors/shared/calibration-file.ts";
import { DATA_FILE } from "../../extractors/shared/data-file.ts";
import { readThresholds } from "../../extractors/shared/thresholds-file.ts";
import {
  readPredictions,
  type ValidationPredictions,
} from "../../extractors/shared/validation-predictions.ts";
import { readingSchema } from "../../extractors/student/scores-file.ts";
import { METRICS_FILE } from "../../training/run-log.ts";
import { BEST_MODEL_FOLDER, RUN_FILE } from "../../training/trainer.ts";
import type { Json } from "../report-data.ts";

/** `relata train` copies its configuration here. */
const CONFIG_FILE = "relata.config.json";

const json = z.json();
const environmentSchema = z.looseObject({}).catchall(json);

const runSchema = z.looseObject({
  identity: z.looseObject({
    options: z.looseObject({
      seed: z.number().optional(),
      epochs: z.number(),
      metric: z.looseObject({ name: z.string(), mode: z.enum(["max", "min"]) }),
    }),
    config: json,
  }),
  environment: environmentSchema,
});

const accountSchema = z.looseObject({
  documents: z.looseObject({
    source: z.string(),
    format: z.string(),
    accepted: z.number(),
    rejected: z.number(),
  }),
  examples: z.number(),
  truncated: z.number(),
  withoutVisual: z.number(),
  brokenPictures: z.array(json),
  untaggableEntities: z.number().optional(),
  pairs: z.looseObject({ made: z.number() }).optional(),
  unknownRelations: labelCounts.optional(),
});

const splitSchema = z.looseObject({
  fingerprint: z.string(),
  statistics: z.looseObject({
    entities: labelCounts,
    relations: labelCounts,
    categories: labelCounts.optional(),
  }),
  account: accountSchema,
});
export type SplitRecord = z.output<typeof splitSchema>;

const viewsSchema = z.looseObject({
  store: z.string(),
  accepted: z.number(),
  rejected: z.record(z.string(), z.number()),
  examplesWithoutViews: z.number(),
});
export type ViewsRecord = z.output<typeof viewsSchema>;

const interval = z.tuple([z.number(), z.number()]);
const informationSchema = z.looseObject({
  views: z.number(),
  crossEntropyNats: z.number(),
  boundNats: z.number(),
  boundInterval: interval.optional(),
  gainNats: z.number().optional(),
  gainInterval: interval.optional(),
});
const retentionSchema = z.looseObject({
  views: z.number(),
  share: z.number(),
  interval,
  gainNats: z.number(),
});
const comparisonSchema = z.looseObject({
  of: z.string(),
  all: retentionSchema.optional(),
  kept: retentionSchema.optional(),
  keptBySecondTeachers: retentionSchema.optional(),
  real: retentionSchema.optional(),
});
const gateSchema = z.looseObject({
  marginNats: z.number(),
  gainNats: z.number().optional(),
  gainInterval: interval.optional(),
  examples: z.number(),
  open: z.boolean(),
});
const selectionSchema = z.looseObject({
  method: z.string(),
  share: z.number().optional(),
  matched: z.boolean().optional(),
  margin: z.number().optional(),
  gate: gateSchema.optional(),
  comparison: comparisonSchema.optional(),
  bySecondTeachers: z
    .looseObject({ before: informationSchema, after: informationSchema.optional() })
    .optional(),
  when: z.string(),
  views: z.number(),
  kept: z.number(),
  examplesWithViews: z.number().optional(),
  examplesWithoutKept: z.number().optional(),
  information: z
    .looseObject({
      teachersRead: readingSchema,
      labelEntropyNats: z.number(),
      before: informationSchema,
      after: informationSchema.optional(),
    })
    .optional(),
});
export type SelectionRecord = z.output<typeof selectionSchema>;

const dataSchema = z.looseObject({
  visualChannel: z.string(),
  labels: z.array(z.string()),
  train: splitSchema,
  validation: splitSchema,
  overlap: z
    .array(
      z.looseObject({
        a: z.string(),
        b: z.string(),
        ids: z.array(json),
        images: z.array(json),
        texts: z.array(json),
        similarTexts: z.number().optional(),
        questions: z.number().optional(),
        conflicts: z.array(json).optional(),
      }),
    )
    .optional(),
  views: viewsSchema.optional(),
  selection: selectionSchema.optional(),
});

const numbers = z.record(z.string(), z.number());
const logSchema = z.union([
  z.looseObject({
    event: z.literal("train"),
    step: z.number(),
    epoch: z.number(),
    loss: z.number(),
    gradientNorm: z.number().optional(),
    terms: numbers.optional(),
  }),
  z.looseObject({
    event: z.literal("evaluation"),
    step: z.number(),
    epoch: z.number(),
    metrics: numbers,
    best: z.boolean(),
  }),
  z.looseObject({
    event: z.literal("epoch"),
    step: z.number(),
    epoch: z.number(),
    /** Absent from runs of earlier versions. */
    entropy: z.object({ batches: z.number(), examples: z.number() }).optional(),
  }),
  z.looseObject({ event: z.string(), step: z.number() }),
]);

const settingsSchema = z.looseObject({
  encoder: z.string().optional(),
  visual: z.looseObject({ kind: z.string().optional(), encoder: z.string().optional() }).optional(),
  data: z
    .looseObject({
      bio: z.enum(["conll", "strict", "repair"]).optional(),
      imageExtension: z.string().optional(),
      offsets: z.enum(OFFSET_UNITS).optional(),
      noneLabel: z.string().optional(),
      pictures: z.string().optional(),
    })
    .optional(),
  synthesis: z
    .looseObject({
      real: z.enum(["text", "picture"]).optional(),
      rounds: z.number().optional(),
      chains: z.number().optional(),
      selection: z.looseObject({ scores: z.string().optional() }).optional(),
    })
    .optional(),
});
export type RunSettings = z.output<typeof settingsSchema>;

export interface TrainRecord {
  readonly step: number;
  readonly loss: number;
  /** Before clipping; absent from logs of earlier versions. */
  readonly gradientNorm?: number | undefined;
  readonly terms: Readonly<Record<string, number>>;
}

export interface EvaluationRecord {
  readonly step: number;
  /** Number of finished epochs. */
  readonly epoch: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly best: boolean;
}

/** How the training documents of an epoch were put into batches: the entropy of their labels, in nats, in a batch (mean) and in all. */
export interface BatchRecord {
  readonly epoch: number;
  readonly entropy: { readonly batches: number; readonly examples: number };
}

/** The contents of a run's folder. */
export interface RunRecord {
  readonly folder: string;
  readonly run: z.output<typeof runSchema>;
  readonly data: z.output<typeof dataSchema>;
  /** The configuration that `relata train` started with; absent for a run of the library. */
  readonly config: Json | undefined;
  /** The settings that a report needs. */
  readonly settings: RunSettings;
  readonly training: readonly TrainRecord[];
  readonly evaluations: readonly EvaluationRecord[];
  /** One per epoch; none from runs of earlier versions. */
  readonly batches: readonly BatchRecord[];
  /** Absent before the end of the run. */
  readonly calibration: Calibration | undefined;
  /** What the best model answered on the validation documents; absent before the end of the run, and from runs of earlier versions. */
  readonly predictions: ValidationPredictions | undefined;
  readonly thresholds: Thresholds | undefined;
}

/**
 * Reads a run folder.
 *
 * @throws DataError `data/not-a-run` when a file of the record is missing or invalid; `data/bad-calibration`, `data/bad-thresholds`.
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const fault = (file: string) => (what: string, cause: unknown) => notARun(folder, file, what, cause);
  const run = await readRecord(join(folder, RUN_FILE), runSchema, fault(RUN_FILE));
  const data = await readRecord(join(folder, DATA_FILE), dataSchema, fault(DATA_FILE));
  const log = await readLog(folder);
  const config = await readConfig(folder);
  const model = join(folder, BEST_MODEL_FOLDER);
  const calibration = await readCalibration(model);
  return {
    folder,
    run,
    data,
    config,
    settings: readSettings(folder, config),
    ...log,
    calibration,
    predictions: await readPredictions(model),
    thresholds: await readThresholds(model, calibration),
  };
}

async function readLog(folder: string): Promise<Pick<RunRecord, "training" | "evaluations" | "batches">> {
  const text = await readIfThere(folder, METRICS_FILE);
  if (text === undefined) throw notARun(folder, METRICS_FILE, "the file does not exist");
  const training: TrainRecord[] = [];
  const evaluations: EvaluationRecord[] = [];
  const batches: BatchRecord[] = [];
  // The last line may be incomplete while the run continues.
  for (const [i, line] of text.split("\n").slice(0, -1).entries()) {
    const record = parseRecord(line, logSchema, (what, cause) =>
      notARun(folder, `${METRICS_FILE}:${i + 1}`, what, cause),
    );
    if ("loss" in record && record.event === "train") {
      const { step, loss, gradientNorm, terms } = record as TrainRecord;
      training.push({ step, loss, gradientNorm, terms: terms ?? {} });
    } else if ("metrics" in record) {
      const { step, epoch, metrics, best } = record as EvaluationRecord;
      evaluations.push({ step, epoch: epoch + 1, metrics, best });
    } else if (record.event === "epoch" && "entropy" in record) {
      const { epoch, entropy } = record as BatchRecord;
      batches.push({ epoch: epoch + 1, entropy });
    }
  }
  return { training, evaluations, batches };
}

async function readConfig(folder: string): Promise<Json | undefined> {
  const text = await readIfThere(folder, CONFIG_FILE);
  if (text === undefined) return undefined;
  return parseRecord(text, json, (what, cause) => notARun(folder, CONFIG_FILE, what, cause));
}

function readSettings(folder: string, config: Json | undefined): RunSettings {
  const checked = checkShape(settingsSchema, config ?? {}, { whole: "the settings" });
  if (checked.success) return checked.data;
  throw notARun(folder, CONFIG_FILE, checked.faults[0], checked.error);
}

async function readIfThere(folder: string, file: string): Promise<string | undefined> {
  try {
    return await readWholeText(join(folder, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw notARun(folder, file, (error as Error).message, error);
  }
}

/** The error for a folder whose records are missing or invalid. */
export function notARun(folder: string, file: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "data/not-a-run",
    message: `${folder} is not the folder of a training run: ${file}: ${what}`,
    place: join(folder, file),
    remedy: "Name the folder written by `relata train --run`, not one inside it.",
    cause,
  });
}
