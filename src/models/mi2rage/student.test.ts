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

  it("mixes representations and labels in the given ratio, and not at all at ratio 1", async () => {
    const [first, ...others] = one.labels.keys();
    const partners = [...others, first!];
    const mixed = async (lambda: number) => {
      const scope = new ParameterScope();
      const loss = studentLoss(
        scope,
        optionsOf(one),
        new Dropout(false),
        { kind: "tokens" },
        { mixing: true },
      );
      const bias = scope.table.get("classifier.bias")!.tensor;
      const [gradient] = gradients(loss, [bias]);
      const inputs = {
        ...one.inputs,
        partners: { dtype: "int64" as const, shape: [partners.length], data: partners },
        partner_labels: {
          dtype: "int64" as const,
          shape: [partners.length],
          data: partners.map((row) => one.labels[row]!),
        },
        mix_lambda: { dtype: "float32" as const, shape: [], data: [lambda] },
      };
      return run({ ...one, inputs }, { loss, gradient: gradient! });
    };
    // The classifier is linear: mixed representations give mixed logits.
    const expected = (lambda: number) => {
      const rows = one.labels.map((label, row) => {
        const scores = (of: number) => one.logits.slice(of * sizes.relations, (of + 1) * sizes.relations);
        const partner = scores(partners[row]!);
        const logits = scores(row).map((score, i) => lambda * score + (1 - lambda) * partner[i]!);
        const total = logits.reduce((sum, score) => sum + Math.exp(score), 0);
        const target = logits.map(
          (_, i) => lambda * Number(i === label) + (1 - lambda) * Number(i === one.labels[partners[row]!]),
        );
        const logs = logits.map((score) => score - Math.log(total));
        return {
          loss: -logs.reduce((sum, log, i) => sum + target[i]! * log, 0),
          gradient: logs.map((log, i) => Math.exp(log) - target[i]!),
        };
      });
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / rows.length;
      return {
        loss: [mean(rows.map(({ loss }) => loss))],
        gradient: Array.from({ length: sizes.relations }, (_, i) =>
          mean(rows.map(({ gradient }) => gradient[i]!)),
        ),
      };
    };
    for (const lambda of [0.3, 0.8]) {
      const { loss, gradient } = await mixed(lambda);
      expect(difference(loss!, expected(lambda).loss)).toBeLessThan(2e-6);
      expect(difference(gradient!, expected(lambda).gradient)).toBeLessThan(2e-6);
      expect(difference(loss!, [one.loss])).toBeGreaterThan(1e-3); // otherwise the case would show nothing
    }
    const { loss, gradient } = await mixed(1);
    expect(difference(loss!, [one.loss])).toBeLessThan(2e-6);
    expect(difference(gradient!, one.gradients["classifier.bias"]!.data)).toBeLessThan(2e-6);
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
