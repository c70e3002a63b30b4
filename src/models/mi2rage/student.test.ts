// Compares the student with PyTorch: logits, single views, loss and gradients of small cases (test/reference/mi2rage_student.py).
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BertConfig } from "../../encoders/text/bert.ts";
import { Runtime } from "../../engine/runtime.ts";
import { gradients } from "../../graph/gradients.ts";
import { type DType, type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { serialize } from "../../graph/serialize.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { type StudentOptions, studentForward, studentLoss } from "./student.ts";

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly real: "text" | "picture";
  readonly weights: Readonly<Record<string, Values>>;
  readonly inputs: Readonly<Record<string, Values & { readonly dtype: DType }>>;
  readonly labels: readonly number[];
  readonly logits: readonly number[];
  readonly each: readonly number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Values>>;
}
const file = new URL("./testing/student-cases.json", import.meta.url);
const { sizes, cases } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly sizes: Pick<StudentOptions, "fusion" | "picture" | "relations"> & {
    readonly encoder: Partial<StudentOptions["encoder"]>;
  };
  readonly cases: readonly Case[];
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

function optionsOf({ real }: Case): StudentOptions {
  const encoder: BertConfig = {
    ...(sizes.encoder as BertConfig),
    modelType: "bert",
    typeVocabSize: 2,
    layerNormEpsilon: 1e-12,
    activation: "gelu",
    hiddenDropout: 0,
    attentionDropout: 0,
    initializerRange: 0.02,
    padTokenId: 0,
  };
  return {
    encoder,
    relations: sizes.relations,
    addedTokens: 0,
    real,
    fusion: { ...sizes.fusion, dropout: 0 },
    picture: sizes.picture,
  };
}

async function run(one: Case, outputs: Readonly<Record<string, Tensor>>) {
  const { bytes } = serialize(outputs, { graphName: "student" });
  const session = await runtime.createSession(bytes, { label: "student" });
  try {
    const inputs: Record<string, HostTensor> = {
      labels: hostTensor("int64", [one.labels.length], [...one.labels]),
    };
    for (const [name, { dtype, shape, data }] of Object.entries(one.inputs)) {
      inputs[name] = hostTensor(dtype, shape, [...data]);
    }
    for (const [name, { shape, data }] of Object.entries(one.weights)) {
      inputs[name] = hostTensor("float32", shape, [...data]);
    }
    return await session.run(Object.fromEntries(session.inputs.map(({ name }) => [name, inputs[name]!])));
  } finally {
    await session.dispose();
  }
}

function difference(actual: HostTensor, expected: readonly number[]): number {
  expect(actual.data.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(Number(actual.data[i]) - value)));
}

describe.each(cases)("the student of real $real data", (one) => {
  it("declares the parameters of the reference, and no others", () => {
    const scope = new ParameterScope();
    studentForward(scope, optionsOf(one), new Dropout(false), "fused");
    const shapes = (entries: Iterable<readonly [string, { readonly shape: readonly number[] }]>) =>
      Object.fromEntries([...entries].map(([name, { shape }]) => [name, [...shape]]));
    expect(shapes(scope.table)).toEqual(shapes(Object.entries(one.weights)));
  });

  it("gives the reference's logits, loss and gradients", async () => {
    const scope = new ParameterScope();
    const loss = studentLoss(scope, optionsOf(one), new Dropout(false), { kind: "tokens" });
    const parameters = [...scope.table.values()];
    const outputs: Record<string, Tensor> = { loss };
    gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
    ).forEach((gradient, i) => {
      outputs[`gradient/${parameters[i]!.name}`] = gradient!;
    });
    const results = await run(one, outputs);
    const logits = studentForward(new ParameterScope(), optionsOf(one), new Dropout(false), "fused");
    expect(difference((await run(one, { logits })).logits!, one.logits)).toBeLessThan(2e-6);
    expect(difference(results.loss!, [one.loss])).toBeLessThan(2e-6);
    for (const [name, { data }] of Object.entries(one.gradients)) {
      expect(difference(results[`gradient/${name}`]!, data), name).toBeLessThan(2e-6);
    }
    expect(Object.keys(one.gradients).length).toBe(parameters.length);
  });

  it("reads every view alone as the reference does", async () => {
    const scope = new ParameterScope();
    const each = studentForward(scope, optionsOf(one), new Dropout(false), "each");
    const results = await run(one, { each });
    expect(results.each!.shape).toEqual([one.labels.length, one.inputs.view_mask!.shape[1], sizes.relations]);
    expect(difference(results.each!, one.each)).toBeLessThan(2e-6);
  });

  it("continues from the states of its lower layers as if it had read the tokens", async () => {
    const options = optionsOf(one);
    const { lowerTextLayers } = await import("../../encoders/text/table.ts");
    const { input } = await import("../../graph/tensor.ts");
    const lower = lowerTextLayers(
      new ParameterScope("encoder"),
      options.encoder,
      {
        inputIds: input("input_ids", "int64", ["texts", "length"]),
        attentionMask: input("attention_mask", "int64", ["texts", "length"]),
        dropout: new Dropout(false),
      },
      1,
    );
    const { lower: states } = await run(one, { lower });
    const scope = new ParameterScope();
    const start = { kind: "states", below: 1 } as const;
    const logits = studentForward(scope, options, new Dropout(false), "fused", start);
    expect(
      [...scope.table.keys()].filter((name) => name.includes("embeddings") || name.includes("layer.0")),
    ).toEqual([]);
    const inputs = {
      ...one.inputs,
      states: {
        dtype: "float32" as const,
        shape: states!.shape as number[],
        data: [...(states!.data as Float32Array)],
      },
    };
    const results = await run({ ...one, inputs }, { logits });
    expect(difference(results.logits!, one.logits)).toBeLessThan(2e-6);
  });
});
