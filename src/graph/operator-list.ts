// A graph as a list of operators by name, with attributes and symbolic shapes: for engines that run the operators themselves, where
// `serialize` writes them as ONNX nodes. Everything in the list but the constants' values is JSON.
import { polynomialOf, type Shape, unknownSize } from "./dimension.ts";
import type { DType, HostTensor } from "./host-tensor.ts";
import { inputsOf, reachable } from "./reachable.ts";
import type { Operation, Tensor } from "./tensor.ts";

/** A value of the graph; operators refer to it by its index in `OperatorList.values`. */
export interface ListedValue {
  readonly dtype: DType;
  /** Strings are expressions of named sizes, such as "batch*length+16". */
  readonly shape: Shape;
}

/** One application of an operator. */
export interface ListedOperator {
  readonly name: string;
  readonly attributes: unknown;
  /** Indices of values. */
  readonly inputs: readonly number[];
  /** Indices of values. */
  readonly outputs: readonly number[];
}

/** A graph: its operators in an order in which they can be run. */
export interface OperatorList {
  readonly values: readonly ListedValue[];
  readonly inputs: readonly {
    readonly name: string;
    readonly role: "data" | "parameter";
    readonly value: number;
  }[];
  readonly constants: readonly { readonly value: number; readonly tensor: HostTensor }[];
  readonly operators: readonly ListedOperator[];
  /** Where every named size is read: axis `axis` of the input `tensor`. */
  readonly sizes: Readonly<Record<string, { readonly tensor: string; readonly axis: number }>>;
  readonly outputs: readonly { readonly name: string; readonly value: number }[];
}

/**
 * Lists the operators that compute `outputs`.
 *
 * @throws GraphError `graph/duplicate-input`, `graph/unknown-size` when a named size cannot be read from any input
 */
export function listOperators(outputs: Readonly<Record<string, Tensor>>): OperatorList {
  const tensors = reachable(Object.values(outputs));
  const { inputs, symbols } = inputsOf(tensors);
  const indexOf = new Map(tensors.map(({ id }, index) => [id, index]));
  const index = ({ id }: Tensor): number => indexOf.get(id)!; // every tensor of the graph is reachable
  const used = new Set(tensors.flatMap(({ shape }) => shape.flatMap(symbolsIn)));
  for (const symbol of used) if (!symbols.has(symbol)) throw unknownSize(symbol);
  const operations = new Set<Operation>();
  for (const { source } of tensors) if (source.kind === "operation") operations.add(source.operation);
  return {
    values: tensors.map(({ dtype, shape }) => ({ dtype, shape })),
    inputs: [...inputs].map(([name, tensor]) => ({
      name,
      role: tensor.source.kind === "input" ? tensor.source.role : "data",
      value: index(tensor),
    })),
    constants: tensors.flatMap((tensor) =>
      tensor.source.kind === "constant" ? [{ value: index(tensor), tensor: tensor.source.value }] : [],
    ),
    operators: [...operations].map(({ definition, attributes, inputs, outputs }) => ({
      name: definition.name,
      attributes,
      inputs: inputs.map(index),
      outputs: outputs.map(index),
    })),
    sizes: Object.fromEntries(symbols),
    outputs: Object.entries(outputs).map(([name, tensor]) => ({ name, value: index(tensor) })),
  };
}

function symbolsIn(dimension: Shape[number]): string[] {
  if (typeof dimension === "number") return [];
  return [...polynomialOf(dimension).keys()].flatMap((monomial) => monomial.split("*").filter(Boolean));
}
