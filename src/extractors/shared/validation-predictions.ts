// validation-predictions.json of a trained model: what it answered on its validation documents, so that thresholds can be fitted without training again.
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import type { LabelledPredictions } from "../../evaluation/precision-recall.ts";
import { type Calibrated, type Calibration, trustOf } from "./calibration.ts";
import { readSealed } from "./sealed-file.ts";

/** Its name in a model folder. */
export const PREDICTIONS_FILE = "validation-predictions.json";

/** The calibration that probabilities came from: with another one they would differ. */
export const calibratedSchema = z
  .strictObject({
    temperature: z.number().positive(),
    instances: z.int().nonnegative(),
    /** Absent: 1. */
    trust: z.number().nonnegative().optional(),
  })
  .nullable();

const schema = z.strictObject({
  calibrated: calibratedSchema,
  /** The model's labels, "None" left out. */
  labels: z.array(z.string()),
  /** Columns, one value per prediction: an index into `labels`, the probability, whether it is right (1 or 0), and a number for its text. */
  predictions: z.strictObject({
    label: z.array(z.int().nonnegative()),
    probability: z.array(z.number().min(0).max(1)),
    right: z.array(z.union([z.literal(0), z.literal(1)])),
    text: z.array(z.int().nonnegative()),
  }),
  /** Gold instances that were not predicted. */
  missed: z.strictObject({ label: z.array(z.int().nonnegative()), text: z.array(z.int().nonnegative()) }),
});

/** A model's labels ("None" left out), and its answers on validation documents. */
export interface ValidationPredictions extends LabelledPredictions {
  readonly labels: readonly string[];
}

const DIGITS = 7; // finer differences are rounding of float32

/** The contents of the file. */
export function predictionsRecord(
  { labels, predictions, missed }: ValidationPredictions,
  calibration: Calibration | undefined,
): z.output<typeof schema> {
  const index = new Map(labels.map((label, i) => [label, i]));
  const indexOf = ({ label }: { readonly label: string }) => index.get(label)!; // predictions have the model's labels
  return {
    calibrated: calibratedBy(calibration),
    labels: [...labels],
    predictions: {
      label: predictions.map(indexOf),
      probability: predictions.map(({ probability }) => Number(probability.toFixed(DIGITS))),
      right: predictions.map(({ right }) => (right ? 1 : 0)),
      text: predictions.map(({ cluster }) => cluster),
    },
    missed: { label: missed.map(indexOf), text: missed.map(({ cluster }) => cluster) },
  };
}

/** What identifies a calibration beside the probabilities that it made. */
export function calibratedBy(calibration: Calibration | undefined): z.output<typeof calibratedSchema> {
  if (calibration === undefined) return null;
  const { temperature, instances } = calibration;
  const trust = trustOf(calibration);
  return { temperature, instances, ...(trust === 1 ? {} : { trust }) };
}

/** Whether probabilities came from this calibration. */
export function isCalibratedBy(made: z.output<typeof calibratedSchema>, how: Calibrated): boolean {
  return (
    (made?.temperature ?? 1) === how.temperature &&
    made?.instances === how.instances &&
    (made?.trust ?? 1) === how.trust
  );
}

/**
 * Reads what a model answered on its validation documents, with the calibration of its probabilities; undefined for a model of an earlier version.
 *
 * @throws DataError `data/bad-thresholds`
 */
export async function readPredictions(folder: string) {
  const place = join(folder, PREDICTIONS_FILE);
  const bad = (what: string, cause?: unknown) =>
    new DataError({
      code: "data/bad-thresholds",
      message: `${place} does not hold a model's validation predictions (${what})`,
      place,
      remedy: "Train again, or remove the file; thresholds can then not be fitted.",
      cause,
    });
  const content = await readSealed(place, schema, bad);
  if (content === undefined) return undefined;
  const { labels, predictions, missed, calibrated } = content;
  requireColumns(bad, labels.length, Object.values(predictions), predictions.label);
  requireColumns(bad, labels.length, Object.values(missed), missed.label);
  return {
    calibrated,
    labels,
    predictions: predictions.label.map((label, i) => ({
      label: labels[label]!, // the columns were checked
      probability: predictions.probability[i]!,
      right: predictions.right[i] === 1,
      cluster: predictions.text[i]!,
    })),
    missed: missed.label.map((label, i) => ({ label: labels[label]!, cluster: missed.text[i]! })),
  };
}

function requireColumns(
  bad: (what: string) => Error,
  labels: number,
  columns: readonly (readonly number[])[],
  indices: readonly number[],
): void {
  if (columns.some(({ length }) => length !== indices.length))
    throw bad("its columns have different lengths");
  const unknown = indices.find((label) => label >= labels);
  if (unknown !== undefined) throw bad(`label ${unknown} is not one of its ${labels} labels`);
}
