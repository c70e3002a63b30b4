import { expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { add } from "../../graph/operators/elementwise.ts";
import { gatherRows } from "../../graph/operators/indexing.ts";
import { reduceMean } from "../../graph/operators/reduction.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { GraphModel, type TaskGraph } from "./graph-model.ts";
import { parameterGroups } from "./parameter-groups.ts";

/** A row of either table: both are too large for the graph to write their gradients whole. */
interface Rows {
  readonly word: number;
  readonly position: number;
}

const TABLE = [1500, 2] as const;

function scores(scope: ParameterScope): Tensor {
  const row = (table: string) =>
    gatherRows(scope.parameter(table, TABLE), input(`${table}_rows`, "int64", ["batch"]));
  return add(row("words"), row("positions"));
}

function inputsOf(examples: readonly Rows[]) {
  const rows = (values: readonly number[]) => hostTensor("int64", [values.length], values);
  return {
    words_rows: rows(examples.map(({ word }) => word)),
    positions_rows: rows(examples.map(({ position }) => position)),
  };
}

const task: TaskGraph<Rows> = {
  name: "two tables",
  sparseTable: { parameter: "words", rows: ["words_rows"] },
  lengthOf: () => 1,
  idOf: () => "rows",
  planStep: (examples) => ({ variant: "only", inputs: inputsOf(examples), sizes: new Map() }),
  trainingGraph: (scope) => ({ loss: reduceMean(scores(scope)), terms: {} }),
  predictionGraph: scores,
  predictionInputs: inputsOf,
  ownScores: (row) => row,
  partOf: () => "all",
  groups: parameterGroups(0, { all: 1 }),
};

it("starts every step's gradients from zeros, in the sparse table that the task names and in any other large one", async () => {
  await using runtime = await Runtime.open({ threads: 1 });
  await using model = new GraphModel(runtime, task, { trainable: true });
  const touched = (table: string) => {
    const { data } = model.parameters.gradient(table);
    return [...new Set([...data.keys()].filter((i) => data[i] !== 0).map((i) => Math.floor(i / TABLE[1])))];
  };
  const step = (examples: readonly Rows[], at: number) =>
    model.step(examples, { seed: 1, step: at, epoch: 0, microStep: 0 });
  const long = { word: 900, position: 1400 };
  await step([{ word: 5, position: 1 }, long], 0);
  expect({ words: touched("words"), positions: touched("positions") }).toEqual({
    words: [5, 900],
    positions: [1, 1400],
  });
  await step([{ word: 7, position: 1 }], 1);
  expect({ words: touched("words"), positions: touched("positions") }).toEqual({
    words: [7],
    positions: [1],
  });
});

it("starts a step from zeros after one of several micro-batches, whose sum the optimiser leaves behind", async () => {
  await using runtime = await Runtime.open({ threads: 1 });
  await using model = new GraphModel(runtime, task, { trainable: true });
  await using optimizer = model.optimizer(2);
  const step = async (word: number, at: number, microStep: number) => {
    await model.step([{ word, position: 1 }], { seed: 1, step: at, epoch: 0, microStep });
    await optimizer.accumulate();
  };
  await step(5, 0, 0);
  await step(6, 0, 1);
  await optimizer.apply(1, 1e-3, { accumulated: 2 });
  await step(7, 1, 0);
  const { data } = model.parameters.gradient("words");
  const rows = [
    ...new Set([...data.keys()].filter((i) => data[i] !== 0).map((i) => Math.floor(i / TABLE[1]))),
  ];
  expect(rows).toEqual([7]);
});
