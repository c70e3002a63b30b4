// Encoders agree with PyTorch in golden cases: outputs, loss and the gradient of each parameter.
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { readSafetensors, writeSafetensors } from "../../engine/safetensors.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import { withOnnxruntime } from "./graph-run.ts";
import { runParity } from "./run-parity.ts";

const OWN = resolve("test/golden/encoders");
const SHARED = join(resolve(process.env.RELATA_SHARED ?? "../shared"), "golden", "encoders");

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 2 });
});
afterAll(() => runtime.dispose());

async function expectAllToPass(folder: string, atLeast: number) {
  const outcomes = await runParity([folder], { runner: withOnnxruntime(runtime) });
  expect(outcomes.filter((outcome) => !outcome.passed)).toEqual([]);
  expect(outcomes.length).toBeGreaterThanOrEqual(atLeast);
  for (const outcome of outcomes) expect(outcome.tensors).toBeGreaterThan(10);
}

it("rare settings agree: old end-of-text ids, activations, strides, odd sizes, large tables, resized positions", async () => {
  await expectAllToPass(OWN, 8);
});

it.skipIf(!existsSync(SHARED))(
  `BERT, RoBERTa, XLM-R, CLIP, ViT and both ResNets agree (needs ${SHARED})`,
  async () => {
    await expectAllToPass(SHARED, 7);
  },
);

const NEXT = join(SHARED, "../../golden-next/encoders");
it.skipIf(!existsSync(NEXT))(
  `DistilBERT, MPNet, DeBERTa-v3, ModernBERT, SigLIP and DINOv2 agree (needs ${NEXT})`,
  async () => {
    await expectAllToPass(NEXT, 6);
  },
);

describe("a case fails", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-parity-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A copy of a passing case with something changed. */
  async function changed(name: string, change: (copy: string) => Promise<void>) {
    const copy = join(folder, name);
    await cp(join(OWN, "bert-gelu-new"), copy, { recursive: true });
    await change(copy);
    const [outcome] = await runParity([copy], { runner: withOnnxruntime(runtime) });
    expect(outcome?.passed).toBe(false);
    return outcome;
  }

  async function changedExpectation(name: string, change: (expected: Record<string, HostTensor>) => void) {
    return changed(name, async (copy) => {
      const path = join(copy, "expected.safetensors");
      const file = await readSafetensors(path);
      const expected = Object.fromEntries(file.names().map((tensor) => [tensor, file.tensor(tensor)]));
      change(expected);
      await writeSafetensors(path, expected);
    });
  }

  async function changedJson(name: string, file: string, fields: object) {
    return changed(name, async (copy) => {
      const path = join(copy, file);
      await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...fields }));
    });
  }

  it("when one element is off by more than the tolerance", async () => {
    const outcome = await changedExpectation("off", ({ last_hidden_state }) => {
      const data = last_hidden_state?.data as Float32Array;
      data[7] = (data[7] as number) + 1e-3;
    });
    expect(outcome?.failedTensors).toBe(1);
    expect(outcome?.worst?.name).toBe("last_hidden_state");
    expect(outcome?.worst?.error).toBeCloseTo(1e-3, 4);
  });

  it("when an expected value is not a number", async () => {
    const outcome = await changedExpectation("nan", ({ loss }) => {
      (loss?.data as Float32Array)[0] = Number.NaN;
    });
    expect(outcome?.worst?.name).toBe("loss");
  });

  it("when PyTorch gives a gradient that the graph does not have", async () => {
    const outcome = await changedExpectation("gradient", (expected) => {
      expected["grad.pooler.dense.bias"] = expected.loss as HostTensor;
    });
    expect(outcome?.worst).toMatchObject({ name: "grad.pooler.dense.bias", fault: "not computed" });
  });

  it("when the encoder, the model or a setting is unknown", async () => {
    expect((await changedJson("encoder", "config.json", { model_type: "gpt2" }))?.fault).toContain("gpt2");
    expect((await changedJson("model", "case.json", { model: "oracle" }))?.fault).toContain(
      "no model of this name",
    );
    const act = await changedJson("act", "config.json", { hidden_act: "mish" });
    expect(act?.fault).toContain("encoder/unsupported-config");
    const layers = await changedJson("layers", "config.json", { num_hidden_layers: 2 });
    expect(layers?.fault).toContain("encoder/missing-weight");
    const width = await changedJson("width", "config.json", { intermediate_size: 14 });
    expect(width?.fault).toContain("encoder/wrong-weight-shape");
  });

  it("when it lists no outputs, or one that the encoder lacks", async () => {
    expect((await changedJson("none", "case.json", { outputs: [] }))?.fault).toContain("parity/bad-case");
    expect((await changedJson("other", "case.json", { outputs: ["pooled"] }))?.fault).toContain("pooled");
  });
});
