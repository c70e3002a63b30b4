// Summarises a metric over several seeds: mean and sample standard deviation.
import { meanAndDeviation } from "../base/statistics.ts";
import { EvaluationError, requireSome } from "./evaluation-error.ts";

/** A score over seeds. */
export interface SeedSummary {
  readonly mean: number;
  /** sqrt(sum (x - mean)^2 / (n - 1)); absent for a single run, which has no spread. */
  readonly standardDeviation?: number;
  readonly runs: number;
  readonly values: readonly number[];
}

/** Mean and standard deviation of a score over seeds. @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/not-a-number` */
export function summarizeSeeds(values: readonly number[]): SeedSummary {
  requireSome("runs", values);
  const faulty = values.findIndex((value) => !Number.isFinite(value));
  if (faulty !== -1) {
    throw new EvaluationError({
      code: "evaluation/not-a-number",
      message: `run ${faulty} has the value ${values[faulty]}`,
      value: values[faulty],
      remedy: "Find out why this run has no score; do not simply leave it out.",
    });
  }
  const runs = values.length;
  const { mean, deviation } = meanAndDeviation(values);
  return { mean, ...(deviation === undefined ? {} : { standardDeviation: deviation }), runs, values };
}
