// Low-rank adapters in a relation model: what is trained, its gradients by finite differences, and the saved model.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapterNotes } from "../../encoders/adapted-weights.ts";
import { openWeights, WEIGHT_FILE } from "../../encoders/weight-source.ts";
import { Runtime } from "../../engine/runtime.ts";
import { writeSafetensors } from "../../engine/safetensors.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import { PUBLISHED_MRE, textOnly } from "../../models/i2srm/config.ts";
import { isAdapter } from "../../nn/low-rank.ts";
import { stream } from "../../training/random.ts";
import type { RelationExample } from "../relation/examples.ts";
import { RelationModel } from "../relation/relation-model.ts";
import { TINY_BERT } from "../testing/tiny-models.ts";
import { adaptersOf } from "./adapters.ts";
import { drawInitial } from "./initial-weights.ts";
import { LowerStates } from "./lower-states.ts";
import { trainingPacks } from "./training-packs.ts";

const VOCABULARY = 40;
const encoder = { ...TINY_BERT, vocabSize: VOCABULARY };
const at = (step: number) => ({ seed: 3, step, epoch: 0, microStep: 0 });
const ALL = { rank: 2, alpha: 4, targets: "all" } as const;
type Setting = Parameters<typeof adaptersOf>[0]["adapters"];

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), "relata-adapters-"));
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

function build(adapters?: Setting, states?: LowerStates): RelationModel {
  const model = new RelationModel(runtime, {
    graph: { encoder, i2srm: textOnly(PUBLISHED_MRE), visual: undefined, relations: 3, addedTokens: 0 },
    ...{ padId: 0, groups: { weightDecay: 0.01, headLearningRateScale: 1 }, trainable: true, states },
    adapters: adaptersOf({ adapters }),
  });
  for (const { name, initializer } of model.savedDeclarations) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.3 * draw.normal();
  }
  return model;
}

const EXAMPLES = Array.from({ length: 5 }, (_, id): RelationExample => {
  const draw = stream(2, 0, `example/${id}`);
  const length = 6 + (id % 3);
  const ids = Array.from({ length }, () => 1 + draw.integer(VOCABULARY - 1));
  return {
    ...{ id: String(id), label: id % 3, visual: undefined },
    input: {
      ...{ ids, length, wordIndex: [], offsets: [], unknown: 0, emptyWords: [], truncated: undefined },
      headSpan: [1, 3],
      tailSpan: [3, 5],
    },
  };
});

/** Draws the adapters, those that start at zero too. */
function drawAdapters(model: RelationModel): void {
  for (const name of model.parameters.names().filter(isAdapter)) {
    const draw = stream(4, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++) data[i] = 0.3 * draw.normal();
  }
}

const difference = (a: readonly Float32Array[], b: readonly Float32Array[]) =>
  Math.max(...a.flatMap((row, i) => [...row].map((value, j) => Math.abs(value - b[i]![j]!))));

describe("a model with adapters", () => {
  it("starts with the scores of the model without", async () => {
    await using plain = build();
    await using adapted = build(ALL);
    drawInitial(adapted, 7);
    drawInitial(plain, 7);
    expect(await adapted.predict(EXAMPLES)).toEqual(await plain.predict(EXAMPLES));
    const drawn = adapted.parameters.weight("encoder.encoder.layer.1.output.dense.lora_A.weight").data;
    expect(drawn.every((value) => value !== 0)).toBe(true);
  });

  it("has gradients that agree with finite differences", async () => {
    await using model = build(ALL);
    drawAdapters(model);
    await model.step(EXAMPLES, at(0));
    const names = [
      "layer.0.attention.self.query",
      "layer.0.intermediate.dense",
      "layer.1.attention.output.dense",
    ];
    for (const layer of names) {
      for (const part of ["lora_A", "lora_B"]) {
        const name = `encoder.encoder.${layer}.${part}.weight`;
        await model.step(EXAMPLES, at(0));
        const gradient = Float32Array.from(model.parameters.gradient(name).data);
        const { data } = model.parameters.weight(name);
        for (const i of [0, data.length - 1]) {
          const [value, width] = [data[i]!, 0.02];
          const losses: number[] = [];
          for (const moved of [value + width, value - width]) {
            data[i] = moved;
            losses.push((await model.step(EXAMPLES, at(0))).loss);
          }
          data[i] = value;
          const measured = (losses[0]! - losses[1]!) / (2 * width);
          expect(Math.abs(measured - gradient[i]!), `${name}[${i}]`).toBeLessThan(
            2e-3 * (1 + Math.abs(measured)),
          );
        }
      }
    }
  });

  it("trains adapters and heads, and keeps the encoder's own weights byte for byte", async () => {
    await using model = build(ALL);
    drawInitial(model, 7);
    await using optimizer = model.optimizer();
    const copy = () =>
      new Map(model.parameters.names().map((name) => [name, model.parameters.weight(name).data.slice()]));
    const before = copy();
    const first = (await model.step(EXAMPLES, at(0))).loss;
    for (let step = 0; step < 20; step++) {
      await model.step(EXAMPLES, at(step));
      await optimizer.apply(step + 1, 0.02, { maxGradientNorm: 1, accumulated: 1 });
    }
    expect((await model.step(EXAMPLES, at(0))).loss).toBeLessThan(first / 2);
    const after = copy();
    const changed = model.parameters
      .names()
      .filter((name) => difference([before.get(name)!], [after.get(name)!]) > 0);
    const trained = model.parameters
      .names()
      .filter((name) => isAdapter(name) || name.startsWith("classifier"));
    expect(changed.toSorted()).toEqual(trained.toSorted());
    expect(model.parameters.trainedNames().toSorted()).toEqual(trained.toSorted());
  });

  it("is saved with its adapters apart, and read as an ordinary model with the same scores", async () => {
    await using adapted = build(ALL);
    drawAdapters(adapted);
    const scores = await adapted.predict(EXAMPLES);
    const saved = adapted.savedWeights()!;
    const { model } = trainingPacks({ model: adapted, groupOf: ({ id }) => id }, EXAMPLES, []); // as the trainer takes it
    expect(model.savedWeights?.()).toEqual(saved);
    const query = "encoder.encoder.layer.0.attention.self.query";
    expect(saved[`${query}.base_layer.weight`]).toEqual(adapted.parameters.weight(`${query}.weight`));
    expect(saved[`${query}.lora_A.weight`]).toEqual(adapted.parameters.weight(`${query}.lora_A.weight`));
    expect(saved[`${query}.weight`]).toBeUndefined(); // a reader that knows no adapters finds no such weight
    await writeWeights(saved, adapterNotes(ALL));
    const source = await openWeights(folder);
    await using plain = build();
    expect(plain.savedWeights()).toBeUndefined();
    expect([...source.names()].toSorted()).toEqual([...plain.parameters.names()].toSorted());
    plain.loadSaved(source);
    expect(difference(await plain.predict(EXAMPLES), scores)).toBeLessThan(1e-5);
    await using again = build(ALL);
    drawAdapters(again);
    again.loadSaved(source);
    expect(difference(await again.predict(EXAMPLES), scores)).toBeLessThan(1e-5);
  });

  it("is not read from a file whose adapters do not fit", async () => {
    await using adapted = build(ALL);
    const saved = adapted.savedWeights()!;
    const damages: readonly [Record<string, HostTensor>, Record<string, string>][] = [
      [saved, adapterNotes({ rank: 3, alpha: 4 })],
      [saved, { relata_adapters: "{" }],
      [saved, { relata_adapters: '{"rank":2}' }],
      [saved, { relata_base: "../../elsewhere" }],
      [without(saved, "layer.1.output.dense.lora_A"), adapterNotes(ALL)],
      [without(saved, "layer.1.output.dense.base_layer"), adapterNotes(ALL)],
    ];
    for (const [weights, notes] of damages) {
      await writeWeights(weights, notes);
      await expect(openWeights(folder)).rejects.toMatchObject({ code: "encoder/bad-adapters" });
    }
    await writeWeights(saved, adapterNotes(ALL, "0".repeat(64)));
    await expect(openWeights(folder)).rejects.toMatchObject({ code: "encoder/no-base" });
  });

  it("has them in the named layers only, and above frozen ones", () => {
    const layersOf = (targets: "attention" | readonly string[], states?: LowerStates) =>
      build({ ...ALL, targets: targets as string[] }, states)
        .parameters.names()
        .filter((name) => name.endsWith("lora_A.weight"))
        .map((name) => name.slice("encoder.encoder.".length, -".lora_A.weight".length));
    expect(layersOf(["query", "attention.output.dense"])).toEqual([
      "layer.0.attention.self.query",
      "layer.0.attention.output.dense",
      "layer.1.attention.self.query",
      "layer.1.attention.output.dense",
    ]);
    expect(layersOf("attention")).toHaveLength(8);
    expect(layersOf(["query"], new LowerStates(1, encoder))).toEqual(["layer.1.attention.self.query"]);
  });

  it("is refused where no trained layer has the name", () => {
    expect(() => build({ ...ALL, targets: ["q_proj"] })).toThrow(
      expect.objectContaining({
        code: "config/no-adapted-layer",
        message: expect.stringContaining(
          "self.query, self.key, self.value, output.dense, intermediate.dense",
        ),
      }),
    );
    expect(() => build(ALL, new LowerStates(2, encoder))).toThrow(
      expect.objectContaining({ message: expect.stringContaining("no linear layer") }),
    );
  });
});

const writeWeights = (weights: Readonly<Record<string, HostTensor>>, notes: Record<string, string>) =>
  writeSafetensors(join(folder, WEIGHT_FILE), weights, notes);

function without(weights: Readonly<Record<string, HostTensor>>, part: string): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.includes(part)));
}
