// Selects the tag sequences for the rows of a mixed batch, for entities. Computed on the host.
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import type { MixupPlan } from "./mixup-plan.ts";

/**
 * "pair": both sequences, weighted by lambda (mixup of the likelihoods). "round": one sequence of interpolated tag ids, rounded to the
 * nearest, ties to even, as in the published code although tag ids have no order.
 */
export type LabelMixing = "pair" | "round";

/** Sequences and masks of all trained rows [rows, length], and the weights of both sequences. */
export interface MixedLabels {
  readonly labelsA: readonly number[];
  readonly labelsB: readonly number[];
  readonly weightsA: readonly number[];
  readonly weightsB: readonly number[];
  readonly mask: readonly number[];
}

/**
 * Labels of a plan's unmixed rows followed by those of its mixed rows.
 *
 * @param labels one sequence per sentence, all of equal length; row i of X belongs to sentence i % sentences
 * @param masks 1 for a token, 0 for padding; a mixed row keeps the mask of its first partner
 * @param sure how much each sentence's labels count; a rounded sequence counts as the interpolation of both. Absent: all count 1
 */
export function mixLabels(
  labels: readonly (readonly number[])[],
  masks: readonly (readonly number[])[],
  { unmixed, mixedA, mixedB }: MixupPlan,
  lambda: number,
  how: LabelMixing,
  sure?: readonly number[],
): MixedLabels {
  const of = (rows: readonly (readonly number[])[], indices: readonly number[]) =>
    indices.flatMap((i) => rows[i % rows.length]!);
  const own = of(labels, unmixed);
  const [first, second] = [of(labels, mixedA), of(labels, mixedB)];
  const pair = how === "pair";
  const mixed = pair ? first : first.map((tag, i) => roundToEven(interpolate(tag, second[i]!, lambda)));
  const weights = (ofUnmixed: number, ofMixed: number) => [
    ...unmixed.map(() => ofUnmixed),
    ...mixedA.map(() => ofMixed),
  ];
  const plain = {
    labelsA: [...own, ...mixed],
    labelsB: [...own, ...second],
    weightsA: weights(1, pair ? lambda : 1),
    weightsB: weights(0, pair ? 1 - lambda : 0),
    mask: of(masks, [...unmixed, ...mixedA]),
  };
  if (sure === undefined) return plain;
  const sureOf = (row: number) => sure[row % sure.length]!;
  const [a, b] = [[...unmixed, ...mixedA].map(sureOf), [...unmixed, ...mixedB].map(sureOf)];
  const rounded = (i: number) => (pair || i < unmixed.length ? a[i]! : lambda * a[i]! + (1 - lambda) * b[i]!);
  return {
    ...plain,
    weightsA: plain.weightsA.map((weight, i) => weight * rounded(i)),
    weightsB: plain.weightsB.map((weight, i) => weight * b[i]!),
  };
}

/** The labels as inputs of `mnerTraining`: [rows, length], and one weight per row. */
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
