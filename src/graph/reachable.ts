// What a graph consists of: the tensors that its outputs depend on, its inputs by name, and where its named sizes can be read.
import { GraphError } from "../base/errors.ts";
import type { Tensor } from "./tensor.ts";

/** All tensors that `outputs` depend on, sources first. */
export function reachable(outputs: readonly Tensor[]): Tensor[] {
  const seen = new Map<number, Tensor>();
  const pending = [...outputs];
  while (pending.length > 0) {
    const tensor = pending.pop()!;
    if (seen.has(tensor.id)) continue;
    seen.set(tensor.id, tensor);
    if (tensor.source.kind === "operation") {
      pending.push(...tensor.source.operation.inputs, ...tensor.source.operation.outputs);
    }
  }
  return [...seen.values()].sort((a, b) => a.id - b.id);
}

/** The axis of an input. */
export interface InputAxis {
  readonly tensor: string;
  readonly axis: number;
}

/**
 * The inputs among `tensors` by name, and for every named size the first axis it can be read from.
 *
 * @throws GraphError `graph/duplicate-input` when two different inputs share a name
 */
export function inputsOf(tensors: readonly Tensor[]): {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly symbols: ReadonlyMap<string, InputAxis>;
} {
  const inputs = new Map<string, Tensor>();
  const symbols = new Map<string, InputAxis>();
  for (const tensor of tensors) {
    if (tensor.source.kind !== "input") continue;
    const { name } = tensor.source;
    const other = inputs.get(name);
    if (other !== undefined && other !== tensor) {
      throw new GraphError({
        code: "graph/duplicate-input",
        message: `serialize: two different inputs are named '${name}'`,
        place: name,
        remedy: "Create the input once and use it in both places, or rename one.",
      });
    }
    inputs.set(name, tensor);
    tensor.shape.forEach((dimension, axis) => {
      if (typeof dimension === "string" && /^\w+$/.test(dimension) && !symbols.has(dimension)) {
        symbols.set(dimension, { tensor: name, axis });
      }
    });
  }
  return { inputs, symbols };
}
