// The error of this layer: arguments for which a metric is undefined.
import { counted } from "../base/counted.ts";
import { RelataError } from "../base/errors.ts";

/** Predictions, scores or options that cannot be evaluated. */
export class EvaluationError extends RelataError {}

/** Requires as many predictions as gold labels. @throws EvaluationError `evaluation/different-lengths`. */
export function requireSameLength(
  place: string,
  gold: ArrayLike<unknown>,
  predicted: ArrayLike<unknown>,
): void {
  if (gold.length === predicted.length) return;
  throw new EvaluationError({
    code: "evaluation/different-lengths",
    message: `there are ${gold.length} gold labels but ${predicted.length} predictions`,
    place,
    value: [gold.length, predicted.length],
    remedy: "Give one prediction per instance, in the same order.",
  });
}

/** Requires label indices. @throws EvaluationError `evaluation/bad-label-index`. */
export function requireIndices(place: string, indices: ArrayLike<number>, count: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!; // in range: the loop's bound
    if (Number.isInteger(index) && index >= 0 && index < count) continue;
    throw new EvaluationError({
      code: "evaluation/bad-label-index",
      message: `instance ${i} has the label index ${index}, but there ${count === 1 ? "is" : "are"} ${counted(count, "label")}`,
      place,
      value: index,
      remedy: `Indices are integers from 0 to ${count - 1}.`,
    });
  }
}

/** Requires something to evaluate. @throws EvaluationError `evaluation/nothing-to-evaluate`. */
export function requireSome(place: string, values: ArrayLike<unknown>): void {
  if (values.length > 0) return;
  throw new EvaluationError({
    code: "evaluation/nothing-to-evaluate",
    message: `there is no instance`,
    place,
    value: 0,
    remedy: "Give at least one instance.",
  });
}

/** The error for scores for which a metric is undefined. */
export function badScores(place: string, what: string, value: unknown): EvaluationError {
  return new EvaluationError({
    code: "evaluation/bad-scores",
    message: what,
    place,
    value,
    remedy: "Give finite scores, one row per instance; probabilities lie between 0 and 1.",
  });
}
