import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { gradients } from "./gradients.ts";
import { hostTensor } from "./host-tensor.ts";
import { listOperators } from "./operator-list.ts";
import { reduceSum } from "./operators/broadcasting.ts";
import { add, multiply } from "./operators/elementwise.ts";
import { argMax, countOf, cumulativeSum } from "./operators/reduction.ts";
import { filled, reshape } from "./operators/shape.ts";
import { constant, input, parameter, type Tensor } from "./tensor.ts";
import { ELEMENTWISE_CASES } from "./testing/elementwise-cases.ts";
import { NUMERIC_CASES } from "./testing/numeric-cases.ts";
import { STRUCTURE_CASES } from "./testing/structure-cases.ts";

it("lists operators in an order in which they can be run, with attributes and symbolic shapes", () => {
  const x = input("x", "float32", ["batch", 3]);
  const weight = parameter("weight", [3]);
  const product = multiply(x, weight);
  const flat = reshape(product, ["3*batch"]);
  const list = listOperators({ total: reduceSum(flat) });
  expect(list.operators.map(({ name }) => name)).toEqual(["multiply", "reshape", "reduceSum"]);
  expect(list.operators[2]?.attributes).toEqual({ axes: [0], keepDimensions: false });
  expect(list.inputs.map(({ name, role }) => [name, role])).toEqual([
    ["x", "data"],
    ["weight", "parameter"],
  ]);
  const known = new Set(list.inputs.map(({ value }) => value));
  for (const { inputs, outputs } of list.operators) {
    expect(inputs.filter((value) => !known.has(value))).toEqual([]);
    for (const value of outputs) known.add(value);
  }
  expect(list.values[list.operators[1]!.outputs[0]!]).toEqual({ dtype: "float32", shape: ["3*batch"] });
  expect(list.sizes).toEqual({ batch: { tensor: "x", axis: 0 } });
  expect(JSON.parse(JSON.stringify(list.operators))).toEqual(list.operators);
});

it("keeps the values of constants apart", () => {
  const table = constant(hostTensor("float32", [2], [1, 2]));
  const list = listOperators({ sum: add(table, input("x", "float32", [2])) });
  expect(list.constants.map(({ tensor }) => Array.from(tensor.data, Number))).toEqual([[1, 2]]);
});

it("refuses a size that no input tells", () => {
  expect(() => listOperators({ ones: filled(["rows"], 1) })).toThrowError(
    expect.objectContaining({ code: "graph/unknown-size", place: "rows" }),
  );
});

/** Names in relata_torch.py: keys of its table of operators. */
function namesInPython(): Set<string> {
  const text = readFileSync(new URL("../../python/relata_torch.py", import.meta.url), "utf8");
  const patterns = [
    /^@operator\("(\w+)"/gm,
    /^plain\("(\w+)"/gm,
    /^OPERATORS\["(\w+)"\]/gm,
    /^ {4}"(\w+)": (?:torch|F|lambda)\b/gm,
  ];
  return new Set(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name!)));
}

it("the program for PyTorch knows every operator and every gradient", () => {
  const used = new Set<string>();
  const list = (outputs: Record<string, Tensor>) => {
    for (const { name } of listOperators(outputs).operators) used.add(name);
  };
  for (const { variables, data = {}, build } of [
    ...ELEMENTWISE_CASES,
    ...NUMERIC_CASES,
    ...STRUCTURE_CASES,
  ]) {
    const tensors = Object.fromEntries(
      Object.entries({ ...variables, ...data }).map(([name, { shape, value }]) => [
        name,
        input(name, value.dtype, shape),
      ]),
    );
    const output = build(tensors);
    const loss = reduceSum(multiply(output, input("cotangent", "float32", output.shape)));
    const found = gradients(
      loss,
      Object.keys(variables).map((name) => tensors[name]!),
    );
    list(Object.fromEntries(found.map((gradient, i) => [`g${i}`, gradient!])));
  }
  const x = input("x", "float32", ["batch", 3]);
  list({
    best: argMax(x, 1),
    running: cumulativeSum(input("i", "int64", ["batch"]), 0),
    count: countOf(["batch"]),
  });
  list({ sized: multiply(x, countOf(["batch"])) });
  expect(used.size).toBeGreaterThan(45);
  const known = namesInPython();
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});
