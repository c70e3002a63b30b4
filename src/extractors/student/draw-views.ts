// Draws the views that an example shows in a training step.
import type { StepAddress } from "../../training/model.ts";
import { stream } from "../../training/random.ts";
import type { StudentView, ViewedExample } from "./student-example.ts";

/** How many of its kept views an example shows in a training step. */
export interface ViewDraws {
  /** Maximum views per example and step (N). */
  readonly views: number;
  /** Whether a step shows a random number of views from one to N, so that the model learns to read few as well as many; otherwise always N. */
  readonly vary: boolean;
  /** Share of examples that show none. */
  readonly withoutViews: number;
}

/** An example with its shown views. */
export interface Shown<Example> {
  readonly example: Example;
  readonly views: readonly StudentView[];
}

/** The largest number of views in a batch, at least one. */
export const columnsOf = (batch: readonly Pick<Shown<unknown>, "views">[]): number =>
  Math.max(1, ...batch.map(({ views }) => views.length));

/** Returns the views of one example in one step: drawn from the kept ones without replacement, as a function of seed, step and row. */
export function drawViews<Example extends ViewedExample>(
  example: Example,
  { views, vary, withoutViews }: ViewDraws,
  at: StepAddress,
  row: number,
): Shown<Example> {
  if (example.keptIn === undefined) throw new Error(`no views to train with were given for ${example.id}`);
  const all = example.keptIn(at.epoch);
  const draws = stream(at.seed, at.step, `${at.microStep}/views/${row}`);
  if (draws.uniform() < withoutViews) return { example, views: [] };
  const order = [...draws.permutation(all.length)];
  const most = Math.min(views, all.length);
  const count = vary && most > 0 ? 1 + draws.integer(most) : most;
  return { example, views: order.slice(0, count).map((i) => all[i]!) };
}
