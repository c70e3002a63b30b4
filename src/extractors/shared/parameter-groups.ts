// The optimiser's groups of parameters: each part of a model with its own learning rate, divided by weight decay.
import type { ParameterGroup } from "../../engine/parameters.ts";

/**
 * Tells whether weight decay applies to a parameter: to matrices and tables, not to vectors. Biases and the weights of every normalisation
 * are vectors, whatever an encoder calls them.
 */
function decays(shape: readonly number[]): boolean {
  return shape.length > 1;
}

/** The group of a parameter of a part, one of those that `parameterGroups` creates. */
export function groupOf(part: string, shape: readonly number[]): string {
  return `${part}/${decays(shape) ? "decay" : "no-decay"}`;
}

/** Creates groups `<part>/decay` and `<part>/no-decay` of parts with their own learning rates. */
export function parameterGroups(
  weightDecay: number,
  learningRateScales: Readonly<Record<string, number>>,
): ParameterGroup[] {
  return Object.entries(learningRateScales).flatMap(([part, learningRateScale]) => [
    { name: groupOf(part, [1, 1]), weightDecay, learningRateScale },
    { name: groupOf(part, [1]), weightDecay: 0, learningRateScale },
  ]);
}
