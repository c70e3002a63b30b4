// Chooses which of an example's generated views to keep for training: all, a random share, the nearest, those a teacher favours, or those
// that do not contradict the label.
import { DataError } from "../../base/errors.ts";
import { stream } from "../../training/random.ts";

/** A rule that keeps some of an example's views; every rule with a share keeps at least one. */
export type SelectionRule =
  | { readonly method: "none" }
  | {
      readonly method: "random";
      readonly share: number;
      readonly seed: number;
      readonly when: "once" | "epoch";
    }
  /** The views most similar to the real one. */
  | {
      readonly method: "similarity";
      readonly share: number;
      readonly similarityOf: ViewNumber;
      /** Views that could not be compared; they count as the least similar. */
      readonly withoutCounterpart?: number;
    }
  /** The views with the lowest cross-entropy of the gold label under a teacher that was not trained on the example. */
  | { readonly method: "teacher"; readonly share: number; readonly crossEntropyOf: EpochNumber }
  /**
   * The views whose information about the gold label, log p(label | view, rest) - log p(label | rest) in nats under such a teacher, is at least
   * `-margin`: all but those that argue for another label. An example may keep none (ours).
   */
  | { readonly method: "threshold"; readonly margin: number; readonly informationOf: EpochNumber };

/** What floating point may add: 0.1 * 30 is a little more than 3, and must not keep a fourth view. Scores have six decimals. */
const DUST = 1e-9;

/** A number for an example's view; undefined if there is none. */
export type ViewNumber = (example: string, view: string) => number | undefined;
/** The same after this many epochs of the teachers. */
export type EpochNumber = (example: string, view: string, epoch: number) => number | undefined;

/**
 * Returns the views of `example` that are kept in `epoch`, in their own order, which also breaks ties.
 *
 * @throws DataError `data/view-without-score` when a view was never scored
 */
export function selectViews<View extends { readonly id: string }>(
  rule: SelectionRule,
  example: string,
  views: readonly View[],
  epoch: number,
): readonly View[] {
  switch (rule.method) {
    case "none":
      return views;
    case "random": {
      const draws = stream(rule.seed, rule.when === "epoch" ? epoch : 0, `selection/${example}`);
      return keepLowest(views, rule.share, [...draws.permutation(views.length)]);
    }
    case "similarity":
      return keepLowest(
        views,
        rule.share,
        views.map(({ id }) => -scored(example, id, rule.similarityOf(example, id))),
      );
    case "teacher":
      return keepLowest(
        views,
        rule.share,
        views.map(({ id }) => scored(example, id, rule.crossEntropyOf(example, id, epoch))),
      );
    case "threshold":
      return views.filter(
        ({ id }) => scored(example, id, rule.informationOf(example, id, epoch)) >= -rule.margin - DUST,
      );
    default:
      return rule satisfies never;
  }
}

/** How many of `count` views a share keeps: rounded up, so that an example with views keeps at least one. */
export function keptCount(count: number, share: number): number {
  return Math.max(0, Math.ceil(count * share - DUST));
}

function keepLowest<View>(views: readonly View[], share: number, scores: readonly number[]): View[] {
  const order = views.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b);
  const kept = new Set(order.slice(0, keptCount(views.length, share)));
  return views.filter((_, i) => kept.has(i));
}

function scored(example: string, view: string, score: number | undefined): number {
  if (score !== undefined && Number.isFinite(score)) return score;
  throw new DataError({
    code: "data/view-without-score",
    message: `view ${view} of ${example} has no score`,
    place: example,
    value: view,
    remedy: "Run `relata score-views` again with exactly this store and these documents.",
  });
}
