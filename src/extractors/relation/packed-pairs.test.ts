// Which pairs share a sequence, and I2SRM's model of packed pairs: a pair's answer and loss do not depend on the pairs beside it.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { type I2srmConfig, textOnly } from "../../models/i2srm/config.ts";
import { stream } from "../../training/random.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import { SMALL_I2SRM, TINY_BERT } from "../testing/tiny-models.ts";
import type { RelationExample } from "./examples.ts";
import { packedBatches, packsOf } from "./packed-pairs.ts";
import { RelationModel } from "./relation-model.ts";

const VOCABULARY = 1500; // more rows than get a dense gradient, so that the word table's gradient is written in place
const MARKERS = { headStart: VOCABULARY, headEnd: 1501, tailStart: 1502, tailEnd: 1503 };
const PROMPT = 4;
const MAP_WIDTH = 6;
const CLASSES = 5;
const encoder = { ...TINY_BERT, vocabSize: VOCABULARY };
const i2srm = SMALL_I2SRM;
const at = (step: number) => ({ seed: 3, step, epoch: 0, microStep: 0 });

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

function build(settings: I2srmConfig, trainable = true): RelationModel {
  const isTextOnly = !settings.prefix.enabled;
  const model = new RelationModel(runtime, {
    graph: {
      encoder,
      i2srm: settings,
      visual: isTextOnly ? undefined : { mapWidth: MAP_WIDTH, classes: CLASSES },
      relations: 3,
      addedTokens: 4,
      pairs: "packed",
    },
    padId: 0,
    markers: MARKERS,
    groups: { weightDecay: 0.01, headLearningRateScale: 1 },
    trainable,
  });
  for (const { name, initializer } of model.declarations.values()) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.3 * draw.normal();
  }
  return model;
}

/** The pairs of a text, which share its tokens and its picture. */
function pairsOf(text: number, count: number, length = 9, pictures = 2): RelationExample[] {
  const draw = stream(2, 0, `text/${text}`);
  const ids = Array.from({ length }, () => 1 + draw.integer(VOCABULARY - 1));
  const noise = (size: number) => Float32Array.from({ length: size }, () => draw.normal());
  const visual: VisualFeatures | undefined =
    pictures === 0
      ? undefined
      : { maps: Array.from({ length: pictures }, () => noise(PROMPT * MAP_WIDTH)), pooled: noise(CLASSES) };
  return Array.from({ length: count }, (_, pair): RelationExample => {
    const start = pair % (length - 4);
    return {
      id: `${text}#${pair}`,
      input: {
        ids,
        wordIndex: [],
        offsets: [],
        unknown: 0,
        emptyWords: [],
        headSpan: [start, start + 2],
        tailSpan: [start + 3, start + 4],
        length,
        truncated: undefined,
      },
      label: (text + pair) % 3,
      visual,
    };
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected[i]!)));
}

describe("packsOf", () => {
  it("puts pairs of the same text with the same picture together, wherever they stand", () => {
    const [one, two] = [pairsOf(1, 3), pairsOf(2, 1)];
    const otherPicture = { ...one[2]!, visual: undefined };
    expect(packsOf([one[0]!, two[0]!, one[1]!, otherPicture])).toEqual([[0, 2], [1], [3]]);
  });

  it("repeats a text with more pairs than a sequence takes", () => {
    expect(packsOf(pairsOf(1, 130)).map(({ length }) => length)).toEqual([64, 64, 2]);
  });
});

describe("packedBatches", () => {
  it("puts every pair in one batch, and the pairs of a text in the same one, within 512 padded tokens", () => {
    const texts = fc.array(
      fc.record({ pairs: fc.integer({ min: 1, max: 90 }), length: fc.integer({ min: 5, max: 80 }) }),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(texts, (sizes) => {
        const pairs = sizes.flatMap(({ pairs, length }, text) => pairsOf(text, pairs, length, 0));
        const batches = packedBatches(pairs);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(pairs.map((_, i) => i));
        for (const batch of batches) {
          const packs = packsOf(batch.map((i) => pairs[i]!));
          const most = Math.max(...packs.map(({ length }) => length));
          const longest = Math.max(...batch.map((i) => pairs[i]!.input.length));
          if (packs.length > 1) expect(packs.length * (longest + 4 * most)).toBeLessThanOrEqual(512);
        }
        const packs = packsOf(pairs);
        const batchOf = new Map(batches.flatMap((batch, at) => batch.map((i) => [i, at] as const)));
        for (const pack of packs) expect(new Set(pack.map((i) => batchOf.get(i))).size).toBe(1);
      }),
      { numRuns: 50 },
    );
  });
});

describe("RelationModel with packed pairs", () => {
  it.each([
    ["text only", textOnly(i2srm)],
    ["with visual prefixes", i2srm],
  ])("%s: answers about a pair do not depend on the pairs and texts beside it", async (_, settings) => {
    await using model = build(settings, false);
    const pairs = [...pairsOf(1, 5), ...pairsOf(2, 2, 12), ...pairsOf(3, 1, 6, 1), ...pairsOf(4, 3, 9, 0)];
    const together = await model.predict(pairs);
    for (const [i, pair] of pairs.entries()) {
      const [alone] = await model.predict([pair]);
      expectClose(together[i]!, alone!);
    }
    const different = new Set(together.slice(0, 5).map((scores) => scores[0]));
    expect(different.size).toBe(5); // the pairs of a text are told apart
  });

  it("tells how the layers use the picture once for every pair: as the text alone does", async () => {
    await using model = build(i2srm, false);
    const pairs = [...pairsOf(1, 3), ...pairsOf(2, 1, 12)];
    const together = await model.pictureUse(pairs);
    for (const [i, pair] of pairs.entries()) {
      const [alone] = (await model.pictureUse([pair]))!;
      expect(Object.keys(together![i]!).sort()).toEqual(Object.keys(alone!).sort());
      for (const [name, values] of Object.entries(together![i]!)) expectClose(values, alone![name]!);
    }
  });

  it("trains the pairs of a batch as it trains each alone: the loss is their mean", async () => {
    const settings = textOnly(i2srm);
    await using model = build(settings);
    const pairs = [...pairsOf(1, 3), ...pairsOf(2, 1, 12), ...pairsOf(3, 2, 6)];
    const { loss } = await model.step(pairs, at(0));
    const gradient = Float32Array.from(gradientOf(model, WORD_TABLE));
    let sum = 0;
    const mean = new Float32Array(gradient.length);
    for (const pair of pairs) {
      sum += (await model.step([pair], at(1))).loss;
      gradientOf(model, WORD_TABLE).forEach((value, i) => {
        mean[i]! += value / pairs.length;
      });
    }
    expectClose([loss], [sum / pairs.length]);
    expectClose(gradient, mean);
    const ofMarkers = gradient.subarray(VOCABULARY * encoder.hiddenSize);
    expect(Math.max(...ofMarkers.map(Math.abs))).toBeGreaterThan(1e-4);
  });

  it("trains with all parts of I2SRM, over the pairs of the batch, whatever was trained on before", async () => {
    await using fresh = build(i2srm);
    await using used = build(i2srm);
    await used.step(pairsOf(7, 6), at(0));
    const pairs = [...pairsOf(1, 5), ...pairsOf(2, 2, 12), ...pairsOf(4, 3, 9, 0)];
    const first = await fresh.step(pairs, at(2));
    expect(await used.step(pairs, at(2))).toEqual(first);
    expect(Object.keys(first.terms).sort()).toEqual(["classification", "mixed", "semantic"]);
    expect(gradientOf(used, WORD_TABLE)).toEqual(gradientOf(fresh, WORD_TABLE));
    for (const name of fresh.declarations.keys())
      expect(Math.max(...gradientOf(fresh, name).map(Math.abs))).toBeGreaterThan(0);
  });
});

const WORD_TABLE = "encoder.embeddings.word_embeddings.weight";
function gradientOf(model: RelationModel, name: string): Float32Array {
  return Float32Array.from(model.parameters.gradient(name).data);
}
