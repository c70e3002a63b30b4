import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { type I2srmConfig, PUBLISHED_MRE, textOnly } from "../../models/i2srm/config.ts";
import { stream } from "../../training/random.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import { SMALL_I2SRM, TINY_BERT } from "../testing/tiny-models.ts";
import type { RelationExample } from "./examples.ts";
import { RelationModel } from "./relation-model.ts";

const WORD_TABLE = "encoder.embeddings.word_embeddings.weight";
const VOCABULARY = 1500; // more rows than get a dense gradient, so that the word table's gradient is written in place
const PROMPT = 4;
const MAP_WIDTH = 6;
const CLASSES = 5;
const encoder = { ...TINY_BERT, vocabSize: VOCABULARY, hiddenDropout: 0.1, attentionDropout: 0.1 };
const i2srm: I2srmConfig = { ...SMALL_I2SRM, attention: { ...PUBLISHED_MRE.attention, feedForward: 16 } };
const at = (step: number, microStep = 0) => ({ seed: 3, step, epoch: 0, microStep });

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

interface BuildOptions {
  readonly textOnly?: boolean;
  readonly on?: Runtime;
  readonly trainable?: boolean;
}

function build(options: BuildOptions = {}): RelationModel {
  const model = new RelationModel(options.on ?? runtime, {
    graph: {
      encoder,
      i2srm: options.textOnly ? textOnly(i2srm) : i2srm,
      visual: options.textOnly ? undefined : { mapWidth: MAP_WIDTH, classes: CLASSES },
      relations: 3,
      addedTokens: 0,
    },
    padId: 0,
    groups: { weightDecay: 0.01, headLearningRateScale: 1 },
    trainable: options.trainable ?? true,
  });
  for (const { name, initializer } of model.declarations.values()) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.3 * draw.normal();
  }
  return model;
}

function example(
  id: number,
  options: { readonly length?: number; readonly pictures?: number } = {},
): RelationExample {
  const { length = 9, pictures = 2 } = options;
  const draw = stream(2, 0, `example/${id}`);
  const ids = Array.from({ length }, () => 1 + draw.integer(VOCABULARY - 1));
  const noise = (size: number) => Float32Array.from({ length: size }, () => draw.normal());
  const visual: VisualFeatures = {
    maps: Array.from({ length: pictures }, () => noise(PROMPT * MAP_WIDTH)),
    pooled: noise(CLASSES),
  };
  return {
    id: String(id),
    input: {
      ids,
      wordIndex: [],
      offsets: [],
      unknown: 0,
      emptyWords: [],
      headSpan: [1, 3],
      tailSpan: [5, 6],
      length,
      truncated: undefined,
    },
    label: id % 3,
    visual: pictures === 0 ? undefined : visual,
  };
}

const batch = (from: number, count: number) => Array.from({ length: count }, (_, i) => example(from + i));
const gradientOf = (model: RelationModel, name: string) =>
  Float32Array.from(model.parameters.gradient(name).data);

describe("RelationModel.step", () => {
  it("gives the same gradients whatever was trained on before, the word table's rows in place included", async () => {
    await using fresh = build();
    await using used = build();
    await used.step(batch(20, 6), at(0));
    await used.step(batch(40, 3), at(1));
    await fresh.step(batch(0, 5), at(2));
    await used.step(batch(0, 5), at(2));
    for (const name of fresh.parameters.names())
      expect(gradientOf(used, name)).toEqual(gradientOf(fresh, name));
    const touched = new Set(batch(0, 5).flatMap(({ input }) => [...input.ids]));
    const table = gradientOf(fresh, WORD_TABLE);
    const nonZero = new Set(
      Array.from(table.keys())
        .filter((i) => table[i] !== 0)
        .map((i) => Math.floor(i / 16)),
    );
    expect([...nonZero].sort()).toEqual([...touched].sort());
  });

  it("follows the loss: a step against the gradient lowers it by about the squared norm", async () => {
    await using model = build();
    const examples = batch(0, 6);
    const before = await model.step(examples, at(0));
    let squares = 0;
    const rate = 1e-4;
    for (const name of model.parameters.names()) {
      const gradient = gradientOf(model, name);
      const { data } = model.parameters.weight(name);
      gradient.forEach((value, i) => {
        squares += value * value;
        data[i]! -= rate * value;
      });
    }
    const after = await model.step(examples, at(0)); // the same draws: masks, lambda and permutation depend on the address only
    expect((before.loss - after.loss) / (rate * squares)).toBeCloseTo(1, 1);
  });

  it("draws again for every step and micro-step, and the same again for the same address", async () => {
    await using model = build();
    const examples = batch(0, 6);
    const losses = [];
    for (const address of [at(0), at(1), at(0, 1), at(0)])
      losses.push((await model.step(examples, address)).loss);
    expect(losses[3]).toBe(losses[0]);
    expect(new Set(losses).size).toBe(3);
  });

  it("trains a single example, which cannot be mixed, and reports the parts of the loss", async () => {
    await using model = build();
    const one = await model.step(batch(0, 1), at(0));
    expect(Object.keys(one.terms).sort()).toEqual(["classification", "semantic"]);
    const many = await model.step(batch(0, 6), at(0));
    expect(Object.keys(many.terms).sort()).toEqual(["classification", "mixed", "semantic"]);
    const { classification, mixed, semantic } = many.terms as Record<string, number>;
    expect(many.loss).toBeCloseTo(classification! + mixed! + 0.5 * semantic!, 4);
  });

  it("leaves a document without a picture out of the semantic loss", async () => {
    await using model = build();
    const withPictures = batch(0, 4);
    const mixedBatch = [...withPictures, { ...example(9), visual: undefined }];
    const alone = await model.step(withPictures, { ...at(0) });
    const together = await model.step(mixedBatch, { ...at(0) });
    expect(Number.isFinite(together.loss)).toBe(true);
    // Dropout masks differ between batch sizes, so compare the two means only roughly.
    expect(Math.abs(together.terms.semantic! - alone.terms.semantic!)).toBeLessThan(
      0.5 * alone.terms.semantic!,
    );
    const none = await model.step(
      mixedBatch.map((one) => ({ ...one, visual: undefined })),
      at(0),
    );
    expect(none.terms.semantic).toBe(0);
  });

  it("refuses an example without a label", async () => {
    await using model = build({ textOnly: true });
    await expect(model.step([{ ...example(0), label: undefined }], at(0))).rejects.toMatchObject({
      code: "training/missing-label",
    });
  });
});

describe("RelationModel.predict", () => {
  it("gives every example the scores it gets alone, in the order asked for", async () => {
    await using model = build();
    const examples = [
      example(0, { length: 8 }),
      example(1, { length: 14 }),
      example(2, { length: 8, pictures: 0 }),
    ];
    const together = await model.predict(examples);
    for (const [i, one] of examples.entries()) {
      const [alone] = await model.predict([one]);
      expect(together[i]!.length).toBe(3);
      together[i]!.forEach((score, k) => {
        expect(score).toBeCloseTo(alone![k]!, 4);
      });
    }
  });

  it("does not see the crop that is absent, and does see the one that is there", async () => {
    await using model = build();
    const whole = example(0, { pictures: 1 });
    const garbage = { ...whole.visual!, maps: [whole.visual!.maps[0]!] };
    const [first] = await model.predict([whole]);
    // A second document with two pictures does not widen the batch: absent crops are masked, whatever the memory contains.
    const [again] = await model.predict([{ ...whole, visual: garbage }, example(1, { pictures: 2 })]);
    first!.forEach((score, k) => {
      expect(again![k]!).toBeCloseTo(score, 4);
    });
    const [cropped] = await model.predict([
      { ...whole, visual: { ...whole.visual!, maps: [...whole.visual!.maps, example(7).visual!.maps[0]!] } },
    ]);
    expect(Math.max(...cropped!.map((score, k) => Math.abs(score - first![k]!)))).toBeGreaterThan(1e-3);
  });
});

const onDevice = await Runtime.open({ device: "webgpu" }).catch((error: Error) => error.message);

describe.skipIf(typeof onDevice === "string")(
  typeof onDevice === "string" ? `on webgpu (${onDevice})` : "on webgpu",
  () => {
    const device = onDevice as Runtime;
    afterAll(() => device.dispose());

    it("gives the loss and the gradients of the CPU", async () => {
      await using here = build();
      await using there = build({ on: device });
      const examples = batch(0, 6);
      const expected = await here.step(examples, at(0));
      const found = await there.step(examples, at(0));
      expect(found.loss).toBeCloseTo(expected.loss, 4);
      for (const name of here.parameters.names()) {
        const gradient = gradientOf(here, name);
        const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
        const furthest = gradientOf(there, name).reduce(
          (most, value, i) => Math.max(most, Math.abs(value - gradient[i]!)),
          0,
        );
        expect(furthest / largest, name).toBeLessThan(1e-3);
      }
    }, 120_000);

    it("predicts with weights that stay on the device", async () => {
      await using here = build({ trainable: false });
      await using there = build({ on: device, trainable: false });
      const examples = batch(0, 3);
      const expected = await here.predict(examples);
      for (let round = 0; round < 2; round++) {
        const found = await there.predict(examples);
        found.forEach((scores, i) => {
          scores.forEach((score, k) => {
            expect(score).toBeCloseTo(expected[i]![k]!, 3);
          });
        });
      }
    }, 120_000);
  },
);
