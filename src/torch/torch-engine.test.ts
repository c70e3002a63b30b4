// PyTorch's operators against onnxruntime's; and what is said when PyTorch cannot be started.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { gradients } from "../graph/gradients.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { listOperators } from "../graph/operator-list.ts";
import { reduceSum } from "../graph/operators/broadcasting.ts";
import { multiply } from "../graph/operators/elementwise.ts";
import { serialize } from "../graph/serialize.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { type GradientCase, random, runOnce } from "../graph/testing/check-gradients.ts";
import { ELEMENTWISE_CASES } from "../graph/testing/elementwise-cases.ts";
import { NUMERIC_CASES } from "../graph/testing/numeric-cases.ts";
import { STRUCTURE_CASES } from "../graph/testing/structure-cases.ts";
import { TorchEngine } from "./torch-engine.ts";

const PYTHON = process.env.RELATA_PYTHON;
const folder = mkdtempSync(join(tmpdir(), "relata-torch-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program in place of the Python interpreter. */
function interpreter(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** A program that connects and says what the ranks would say. */
const speaking = (name: string, ready: object) =>
  interpreter(
    name,
    `#!${process.execPath}
const { port, token } = JSON.parse(process.env.RELATA_TORCH);
const socket = require("node:net").connect(port, "127.0.0.1");
const send = (header) => {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(12);
  prefix.writeUInt32LE(text.length);
  socket.write(Buffer.concat([prefix, text]));
};
send({ kind: "hello", token });
send(${JSON.stringify({ kind: "ready", world: 1, python: "3.11", device: "cpu", threads: 1, operators: ["add"], ...ready })});
send({ kind: "done" });
socket.on("data", () => {}).on("end", () => process.exit(0));
`,
  );

describe("without a PyTorch that works", () => {
  const cases: [string, string, () => string][] = [
    ["an interpreter that is not there", "torch/no-python", () => join(folder, "nothing")],
    [
      "an interpreter without torch",
      "torch/no-torch",
      () =>
        interpreter("bare", "#!/bin/sh\necho \"ModuleNotFoundError: No module named 'torch'\" >&2\nexit 1\n"),
    ],
    ["an old PyTorch", "torch/old-torch", () => speaking("old", { torch: "1.13.1+cpu" })],
    [
      "a process that ends with an error",
      "torch/rank-failed",
      () => interpreter("broken", "#!/bin/sh\necho 'Illegal instruction' >&2\nexit 132\n"),
    ],
  ];
  for (const [what, code, python] of cases) {
    it(`names ${what}`, async () => {
      await expect(TorchEngine.open({ python: python() })).rejects.toMatchObject({ code });
    });
  }

  it("repeats the last words of a process that failed", async () => {
    const python = interpreter("words", "#!/bin/sh\necho 'out of memory at 0x12' >&2\nexit 9\n");
    await expect(TorchEngine.open({ python })).rejects.toThrow(/rank 0 .*exit code 9.*out of memory at 0x12/);
  });

  it("names operators that the other side does not know, before anything runs", async () => {
    await using engine = await TorchEngine.open({ python: speaking("small", { torch: "99.0.0" }) });
    const x = input("x", "float32", [2]);
    const graph = listOperators({ y: multiply(x, x) });
    await expect(engine.run(graph, {})).rejects.toMatchObject({
      code: "torch/unknown-operator",
      value: ["multiply"],
    });
  });
});

describe.skipIf(PYTHON === undefined)("PyTorch (skipped without RELATA_PYTHON, a Python with torch)", () => {
  let engine: TorchEngine;
  let runtime: Runtime;
  beforeAll(async () => {
    engine = await TorchEngine.open({ threads: 1 });
    runtime = await Runtime.open({ threads: 1 });
  }, 300_000);
  afterAll(async () => {
    await engine?.dispose();
    await runtime?.dispose();
  });

  /** A case's output and its gradients for a fixed random cotangent. */
  function outputsOf({ variables, data = {}, build }: GradientCase) {
    const all = { ...variables, ...data };
    const tensors = Object.fromEntries(
      Object.entries(all).map(([name, { shape, value }]) => [name, input(name, value.dtype, shape)]),
    );
    const output = build(tensors);
    const cotangent = random(output.shape, -1, 1);
    const loss = reduceSum(multiply(output, input("cotangent", "float32", output.shape)));
    const names = Object.keys(variables);
    const found = gradients(
      loss,
      names.map((name) => tensors[name] as Tensor),
    );
    const outputs = {
      output,
      ...Object.fromEntries(names.map((name, i) => [`gradient/${name}`, found[i]!])),
    };
    const values: Record<string, HostTensor> = Object.fromEntries(
      Object.entries(all).map(([name, { value }]) => [name, value]),
    );
    values.cotangent = cotangent.value;
    return { outputs, values };
  }

  it("computes every operator and gradient as onnxruntime does", async () => {
    for (const one of [...ELEMENTWISE_CASES, ...STRUCTURE_CASES, ...NUMERIC_CASES]) {
      const { outputs, values } = outputsOf(one);
      const program = serialize(outputs);
      const inputs = Object.fromEntries(program.inputs.map(({ name }) => [name, values[name]!]));
      const expected = await runOnce(runtime, program.bytes, inputs);
      const results = await engine.run(listOperators(outputs), values);
      for (const [name, { data, shape }] of Object.entries(expected)) {
        const place = `${one.operators.join(", ")}: ${one.title}: ${name}`;
        expect(results[name]?.shape, place).toEqual(shape);
        data.forEach((value, i) => {
          const difference = Math.abs(Number(value) - Number(results[name]!.data[i]));
          expect(difference, `${place}[${i}]`).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(Number(value))));
        });
      }
    }
  }, 300_000);
});
