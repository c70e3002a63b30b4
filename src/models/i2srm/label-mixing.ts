// Selects the tag sequences for the rows of a mixed batch, for entities. Computed on the host.
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";

/**
 * "pair": both sequences, weighted by lambda (mixup of the likelihoods). "round": one sequence of interpolated tag ids, rounded to the
 * nearest, ties to even, as in the published code although tag ids have no order.
 */
export type LabelMixing = "pair" | "round";

/** Sequences and masks of all rows [2 rows, length], and the weights of both sequences. */
export interface MixedLabels {
  readonly labelsA: readonly number[];
  readonly labelsB: readonly number[];
  readonly weightsA: readonly number[];
  readonly weightsB: readonly number[];
  readonly mask: readonly number[];
}

/**
 * Labels of X followed by those of its mixed rows.
 *
 * @param labels one sequence per sentence, all of equal length; row i of X belongs to sentence i % sentences
 * @param masks 1 for a token, 0 for padding; a mixed row keeps the mask of its first partner
 * @param permutation the second partner of each row of X; its length is the number of rows
 */
export function mixLabels(
  labels: readonly (readonly number[])[],
  masks: readonly (readonly number[])[],
  permutation: readonly number[],
  lambda: number,
  how: LabelMixing,
): MixedLabels {
  const of = <T>(rows: readonly T[], i: number): T => rows[i % rows.length]!;
  const rows = permutation.map((_, i) => i);
  const own = rows.flatMap((i) => of(labels, i));
  const partners = permutation.flatMap((i) => of(labels, i));
  const ownMask = rows.flatMap((i) => of(masks, i));
  const whole = rows.map(() => 1);
  const none = rows.map(() => 0);
  const pair = how === "pair";
  const mixed = pair ? own : own.map((tag, i) => roundToEven(interpolate(tag, partners[i]!, lambda)));
  return {
    labelsA: [...own, ...mixed],
    labelsB: [...own, ...partners],
    weightsA: [...whole, ...(pair ? rows.map(() => lambda) : whole)],
    weightsB: [...none, ...(pair ? rows.map(() => 1 - lambda) : none)],
    mask: [...ownMask, ...ownMask],
  };
}

/** Labels of the `rows` rows of X only, without mixed rows. */
export function unmixedLabels(
  labels: readonly (readonly number[])[],
  masks: readonly (readonly number[])[],
  rows: number,
): MixedLabels {
  const repeated = <T>(values: readonly (readonly T[])[]): T[] =>
    Array.from({ length: rows }, (_, i) => values[i % values.length]!).flat();
  const own = repeated(labels);
  const weights = (weight: number) => new Array<number>(rows).fill(weight);
  return { labelsA: own, labelsB: own, weightsA: weights(1), weightsB: weights(0), mask: repeated(masks) };
}

/** The labels as inputs of `mnerTraining`: [2 rows, length], and one weight per row. */
export function labelInputs(labels: MixedLabels): Record<string, HostTensor> {
  const { labelsA, labelsB, weightsA, weightsB, mask } = labels;
  const rows = weightsA.length;
  const shape = [rows, mask.length / rows];
  return {
    row_mask: hostTensor("float32", shape, mask),
    row_labels_a: hostTensor("int64", shape, labelsA),
    row_labels_b: hostTensor("int64", shape, labelsB),
    row_weights_a: hostTensor("float32", [rows], weightsA),
    row_weights_b: hostTensor("float32", [rows], weightsB),
  };
}

/** In float32, as in PyTorch: a product that rounds to a tie there must be a tie here. */
function interpolate(a: number, b: number, lambda: number): number {
  const { fround } = Math;
  return fround(fround(lambda * a) + fround(fround(1 - lambda) * b));
}

function roundToEven(x: number): number {
  const nearest = Math.round(x); // ties upwards
  return Math.abs(x % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
