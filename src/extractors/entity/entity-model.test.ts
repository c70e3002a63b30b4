import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { type I2srmConfig, textOnly } from "../../models/i2srm/config.ts";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import { stream } from "../../training/random.ts";
import { SMALL_I2SRM, TINY_BERT } from "../testing/tiny-models.ts";
import { EntityModel } from "./entity-model.ts";
import type { EntityExample } from "./examples.ts";
import { decode } from "./scores.ts";

const VOCABULARY = 60;
const MAX_LENGTH = 12;
const MAP_WIDTH = 6;
const scheme = new TagScheme(["LOC", "PER"], "inside");
const encoder = { ...TINY_BERT, vocabSize: VOCABULARY, layers: 1 };
const i2srm: I2srmConfig = { ...SMALL_I2SRM, prefix: { ...SMALL_I2SRM.prefix, objects: 0 } };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

function build(
  settings: { readonly textOnly?: boolean; readonly mixup?: Partial<I2srmConfig["mixup"]> } = {},
): EntityModel {
  const full = { ...i2srm, mixup: { ...i2srm.mixup, rows: "all" as const, ...settings.mixup } };
  const model = new EntityModel(runtime, {
    graph: {
      encoder,
      i2srm: settings.textOnly ? textOnly(full) : full,
      visual: settings.textOnly ? undefined : { mapWidth: MAP_WIDTH, classes: 5 },
      tags: scheme.tags.length,
      emissionWidth: 8,
    },
    padId: 0,
    maxLength: MAX_LENGTH,
    labelMixing: "pair",
    groups: { weightDecay: 0, taggerLearningRateScale: 5, headLearningRateScale: 1 },
    trainable: true,
  });
  for (const { name, initializer } of model.declarations.values()) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.2 * draw.normal();
  }
  return model;
}

/** Word 20 + i is a place if i is 0 or 1, a person if i is 2; every word is one token. */
function example(id: number, length: number, pictured = true): EntityExample {
  const draw = stream(2, 0, `example/${id}`);
  const words = Array.from({ length: length - 2 }, () => 20 + draw.integer(8));
  const wordIndex = [-1, ...words.map((_, i) => i), -1];
  const entities = words.flatMap((word, i) =>
    word < 23 ? [{ start: i, end: i + 1, label: word < 22 ? "LOC" : "PER" }] : [],
  );
  return {
    id: String(id),
    input: { ids: [2, ...words, 3], wordIndex },
    tags: scheme.encode(wordIndex, entities),
    visual: pictured
      ? {
          maps: [Float32Array.from({ length: 4 * MAP_WIDTH }, () => draw.normal())],
          pooled: new Float32Array(5),
        }
      : undefined,
  };
}

const at = (step: number) => ({ seed: 3, step, epoch: 0, microStep: 0 });
const batch = (count: number, length: number) => Array.from({ length: count }, (_, i) => example(i, length));

describe("EntityModel.step", () => {
  it("trains every parameter on batches shorter than the longest text", async () => {
    await using model = build();
    const { loss, terms } = await model.step(batch(4, 7), at(0));
    expect(loss).toBeGreaterThan(0);
    expect(Object.keys(terms)).toEqual(["semantic"]);
    for (const name of model.parameters.names()) {
      expect(model.parameters.gradient(name).data.every(Number.isFinite), name).toBe(true);
    }
    const attention = model.parameters.gradient("encoder_layers.self_attn.in_proj_weight");
    const width = MAX_LENGTH * 8;
    expect(attention.shape).toEqual([3 * width, width]);
    // Features after the batch's 7 tokens are zeros: columns that read them get no gradient, earlier columns do.
    const column = (c: number) =>
      Array.from({ length: 3 * width }, (_, row) => attention.data[row * width + c]!);
    expect(column(7 * 8 - 1).some((value) => value !== 0)).toBe(true);
    expect(column(7 * 8).every((value) => value === 0)).toBe(true);
  });

  it("draws the same mixture for the same address and another for the next step", async () => {
    await using model = build();
    const first = await model.step(batch(4, 9), at(0));
    expect((await model.step(batch(4, 9), at(0))).loss).toBe(first.loss);
    expect((await model.step(batch(4, 9), at(1))).loss).not.toBe(first.loss);
  });

  it("depends on delta and unmixedShare with a pool, and not with all rows", async () => {
    const lossOf = async (mixup: Partial<I2srmConfig["mixup"]>) => {
      await using model = build({ mixup });
      return (await model.step(batch(6, 9), at(0))).loss;
    };
    const pool = { rows: "pool" } as const;
    const losses = [
      await lossOf({ enabled: false }),
      await lossOf({ rows: "all" }),
      await lossOf({ ...pool, delta: 0.3 }),
      await lossOf({ ...pool, delta: 0.7 }),
      await lossOf({ ...pool, delta: 0.7, unmixedShare: 0.2 }),
      await lossOf({ ...pool, delta: 0 }), // nothing is mixed, and a share of H* is left out
    ];
    expect(new Set(losses).size).toBe(losses.length);
    expect(await lossOf({ rows: "all", delta: 0.3, unmixedShare: 0.2 })).toBe(losses[1]);
  });

  it("gives the mean over sentences and attended rows when nothing is mixed", async () => {
    await using one = build({ textOnly: true });
    const texts = [example(0, 6), example(1, 9), example(2, 9)];
    const together = await one.step(texts, at(0));
    let sum = 0;
    for (const text of texts) sum += (await one.step([text], at(0))).loss;
    expect(together.loss).toBeCloseTo(sum / 3, 4);
  });

  it("refuses an example without tags", async () => {
    await using model = build();
    await expect(model.step([{ ...example(0, 6), tags: undefined }], at(0))).rejects.toMatchObject({
      code: "training/missing-label",
    });
  });
});

describe("EntityModel.predict", () => {
  it("scores a text the same alone and among longer ones", async () => {
    await using model = build();
    const texts = [example(0, 12), example(1, 5), example(2, 8, false)];
    const together = await model.predict(texts);
    for (const [i, text] of texts.entries()) {
      const [alone] = await model.predict([text]);
      expect(alone).toHaveLength(text.input.ids.length * scheme.tags.length);
      alone!.forEach((score, k) => {
        expect(together[i]![k]).toBeCloseTo(score, 4);
      });
    }
  });

  it("finds the entities it was trained on", async () => {
    await using model = build();
    await using optimizer = model.optimizer();
    const texts = batch(8, 9);
    for (let step = 0; step < 60; step++) {
      await model.step(texts, at(step));
      await optimizer.apply(step + 1, 0.02, { accumulated: 1, maxGradientNorm: 1 });
    }
    const emissions = await model.predict(texts);
    const decoding = { scheme, chain: model.chain, constrained: true };
    const found = texts.map(({ input }, i) =>
      decode({ emissions: emissions[i]!, wordIndex: [...input.wordIndex] }, decoding).map(
        ({ start, end, label }) => ({ start, end, label }),
      ),
    );
    const gold = texts.map(({ input }) =>
      input.ids
        .slice(1, -1)
        .flatMap((word, i) =>
          word < 23 ? [{ start: i, end: i + 1, label: word < 22 ? "LOC" : "PER" }] : [],
        ),
    );
    expect(found).toEqual(gold);
  });
});
