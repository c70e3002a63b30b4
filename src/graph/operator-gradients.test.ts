// Every operator's gradient equals finite differences, in every ONNX spelling, and no operator is left out.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import * as graph from "./index.ts";
import { checkGradients, SPELLINGS, values } from "./testing/check-gradients.ts";
import { ELEMENTWISE_CASES } from "./testing/elementwise-cases.ts";
import { NUMERIC_CASES } from "./testing/numeric-cases.ts";
import { STRUCTURE_CASES } from "./testing/structure-cases.ts";

const CASES = [...ELEMENTWISE_CASES, ...STRUCTURE_CASES, ...NUMERIC_CASES];

/** Exports that are not operators. */
const NOT_OPERATORS = [
  "Tensor",
  "ZERO_INPUT_PREFIX",
  "addDimensions",
  "arrayClass",
  "constant",
  "elementCount",
  "evaluateDimension",
  "formatShape",
  "gradients",
  "hostTensor",
  "input",
  "multiplyDimensions",
  "parameter",
  "productOf",
  "sameShape",
  "scalar",
  "serialize",
  "suppliedValues",
  "zeros",
];

/** Operators with integer or boolean results, or without any input; `gradients.test.ts` tests their errors. */
const WITHOUT_GRADIENT = [
  "argMax",
  "countOf",
  "cumulativeSum",
  "equal",
  "filled",
  "greater",
  "iota",
  "less",
  "oneHot",
];

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

describe("the gradient equals finite differences", () => {
  for (const one of CASES) {
    it(`of ${one.operators.join(" and ")}: ${one.title}`, async () => {
      expect(await checkGradients(runtime, one)).toEqual([]);
    });
  }
});

it("every exported operator has a gradient case or is known to have no gradient", () => {
  const operators = Object.keys(graph).filter((name) => !NOT_OPERATORS.includes(name));
  const covered = new Set([...CASES.flatMap((one) => one.operators), ...WITHOUT_GRADIENT]);
  expect(operators.filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !operators.includes(name))).toEqual([]);
});

it("the check finds a gradient that lacks a path", async () => {
  const found = await checkGradients(runtime, {
    operators: [],
    title: "x * stopGradient(x) has half the slope of x * x",
    variables: { x: values([2], [0.5, -1]) },
    build: ({ x }) => graph.multiply(x as graph.Tensor, graph.stopGradient(x as graph.Tensor)),
  });
  expect(found.map(({ spelling, element }) => [spelling, element])).toEqual(
    SPELLINGS.flatMap((spelling) => [
      [spelling, 0],
      [spelling, 1],
    ]),
  );
});
