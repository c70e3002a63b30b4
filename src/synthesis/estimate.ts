// Estimates the remaining calls of a store, their cost and disk space.
import type { Generator, ImageToText, TextToImage, TextToText } from "./generators/generator.ts";
import { kindOfStep } from "./steps.ts";
import { totalOf } from "./store/by-generator.ts";
import type { GeneratorRole } from "./store/ledger-row.ts";
import { type Manifest, stepsOf } from "./store/manifest.ts";
import type { StoreSurvey } from "./store/survey.ts";

/** The share of one generator in an estimate. */
export interface GeneratorEstimate {
  readonly generator: GeneratorRole;
  readonly adapter: string;
  readonly model: string;
  /** Maximum number of calls: chains may end early. */
  readonly calls: number;
  readonly costPerCall: number;
  readonly cost: number;
  /** From the mean of completed calls; undefined if there are none. */
  readonly bytes: number | undefined;
}

/** The maximum work and cost of a run, in the unit of `costPerCall`. */
export interface Estimate {
  /** Steps of the whole plan. */
  readonly planned: number;
  readonly done: number;
  /** Steps of this run: within the limit on instances, less the completed ones. */
  readonly remaining: number;
  readonly generators: readonly GeneratorEstimate[];
  readonly cost: number;
  /** Cost of the store so far. */
  readonly spent: number;
}

/** Estimates a run. */
export function estimateOf(
  manifest: Manifest,
  survey: StoreSurvey,
  generators: {
    readonly textToImage?: TextToImage | undefined;
    readonly imageToText?: ImageToText | undefined;
    readonly textToText?: TextToText | undefined;
  },
  limit: number = Number.POSITIVE_INFINITY,
): Estimate {
  const chains = Math.min(limit, manifest.instances) * manifest.chains;
  const remaining = { picture: 0, text: 0 };
  for (let step = 1; step <= stepsOf(manifest); step++) {
    const known = survey.steps.find((one) => one.step === step);
    const done = known ? known.generated + known.rejected + known.refused + known.notMade : 0;
    remaining[kindOfStep(manifest, step)] += Math.max(0, chains - done);
  }
  const row = (
    generator: GeneratorEstimate["generator"],
    opened: Generator | undefined,
    calls: number,
  ): GeneratorEstimate[] => {
    if (opened === undefined) return [];
    const { identity, costPerCall } = opened;
    const made = survey.calls[generator];
    const bytes = made === 0 ? undefined : Math.round((survey.bytes[generator] / made) * calls);
    const { adapter, model } = identity;
    return [{ generator, adapter, model, calls, costPerCall, cost: calls * costPerCall, bytes }];
  };
  const rows = [
    ...row("textToImage", generators.textToImage, remaining.picture),
    ...row("imageToText", generators.imageToText, remaining.text),
    ...row("textToText", generators.textToText, remaining.text),
  ];
  return {
    planned: survey.planned,
    done: survey.done,
    remaining: remaining.picture + remaining.text,
    generators: rows,
    cost: rows.reduce((sum, { cost }) => sum + cost, 0),
    spent: totalOf(survey.cost),
  };
}
