// Compares prediction with constant weights, in parallel and in eight bits, with a single run of the plain graph.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prediction, type PredictionOptions } from "../../engine/prediction.ts";
import { Runtime } from "../../engine/runtime.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { type I2srmConfig, PUBLISHED_MRE } from "../../models/i2srm/config.ts";
import { mreForward } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { type ParameterDeclaration, ParameterScope } from "../../nn/parameter-scope.ts";
import { stream } from "../../training/random.ts";

const VOCABULARY = 100;
const PICTURES = 2;
const [PROMPT, MAP_WIDTH] = [4, 6];
const i2srm: I2srmConfig = {
  ...PUBLISHED_MRE,
  prefix: { ...PUBLISHED_MRE.prefix, promptHidden: 8, objects: PICTURES - 1 },
};
/** I2SRM for relations, large enough for its text layers to be quantised. */
const graphOptions = {
  encoder: {
    modelType: "bert",
    vocabSize: VOCABULARY,
    hiddenSize: 256,
    layers: 2,
    heads: 4,
    intermediateSize: 320,
    maxPositions: 64,
    typeVocabSize: 2,
    layerNormEpsilon: 1e-12,
    activation: "gelu",
    hiddenDropout: 0,
    attentionDropout: 0,
    initializerRange: 0.02,
    padTokenId: 0,
  },
  i2srm,
  visual: { mapWidth: MAP_WIDTH, classes: 5 },
  relations: 3,
  addedTokens: 0,
} as const;
const forward = (scope: ParameterScope) => mreForward(scope, graphOptions, new Dropout(false));

const scope = new ParameterScope();
forward(scope);
const weights = new Map(Array.from(scope.table.values(), (one) => [one.name, randomWeight(one)] as const));

function randomWeight({ name, shape, initializer }: ParameterDeclaration): HostTensor<"float32"> {
  const draws = stream(1, 0, name);
  const size = shape.reduce((product, one) => product * one, 1);
  const data = Float32Array.from({ length: size }, () => 0.05 * draws.normal());
  if (initializer.kind === "ones") for (let i = 0; i < size; i++) data[i] = 1 + (data[i] as number);
  return hostTensor("float32", shape, data);
}

type Inputs = Record<string, HostTensor>;

/** Texts of given lengths, padded to the longest; every third has no picture. */
function batchOf(lengths: readonly number[], seed: number): Inputs {
  const draws = stream(seed, 0, "batch");
  const [rows, longest] = [lengths.length, Math.max(...lengths)];
  const grid = (value: (row: number, at: number) => number) =>
    Array.from({ length: rows * longest }, (_, i) => value(Math.floor(i / longest), i % longest));
  const inside = (row: number, at: number) => at < (lengths[row] as number);
  const spans = (start: number, end: number) => Array.from({ length: rows }, () => [start, end]).flat();
  const normal = (size: number) => Array.from({ length: size }, () => draws.normal());
  const present = Array.from({ length: rows * PICTURES }, (_, i) =>
    Math.floor(i / PICTURES) % 3 < 2 ? 1 : 0,
  );
  return {
    input_ids: hostTensor(
      "int64",
      [rows, longest],
      grid((row, at) => (inside(row, at) ? 1 + draws.integer(VOCABULARY - 1) : 0)),
    ),
    attention_mask: hostTensor(
      "int64",
      [rows, longest],
      grid((row, at) => (inside(row, at) ? 1 : 0)),
    ),
    head_span: hostTensor("int64", [rows, 2], spans(1, 3)),
    tail_span: hostTensor("int64", [rows, 2], spans(3, 4)),
    maps: hostTensor(
      "float32",
      [rows, PICTURES, PROMPT, MAP_WIDTH],
      normal(rows * PICTURES * PROMPT * MAP_WIDTH),
    ),
    picture_mask: hostTensor("float32", [rows, PICTURES], present),
  };
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 2 });
});
afterAll(() => runtime.dispose());

function prediction(options: Partial<PredictionOptions> = {}, on = runtime) {
  return new Prediction(on, {
    graph: () => ({ scores: forward(new ParameterScope()).logits }),
    weightNames: [...weights.keys()],
    weight: (name) => weights.get(name) as HostTensor<"float32">,
    frozen: true,
    label: "test",
    ...options,
  });
}

const scoresOf = async (of: Prediction, batch: Inputs) =>
  Float32Array.from((await of.run(batch)).scores?.data as Float32Array);

/** Scores of all batches, by batch. */
async function runAll(of: Prediction, batches: readonly Inputs[]): Promise<Float32Array[]> {
  const results = new Map<Inputs, Float32Array>();
  await of.runAll(
    batches,
    (batch) => batch,
    (batch, { scores }) => results.set(batch, Float32Array.from(scores?.data as Float32Array)),
  );
  return batches.map((batch) => results.get(batch) as Float32Array);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] as number))), 0);
}

const lengths = fc.array(fc.integer({ min: 5, max: 20 }), { minLength: 1, maxLength: 5 });

describe("prediction", () => {
  it("agrees with the plain graph, prefixes and missing pictures included", async () => {
    const [constants, plain] = [prediction(), prediction({ frozen: false })];
    for (const of of [[7], [12, 9, 5], [20, 20, 20, 6]]) {
      const batch = batchOf(of, of.length);
      const [got, wanted] = [await scoresOf(constants, batch), await scoresOf(plain, batch)];
      expect(largestDifference(got, wanted)).toBeLessThan(1e-5 * Math.max(...wanted.map(Math.abs)));
    }
    await constants.dispose();
    await plain.dispose();
  });

  it("gives the same bits one by one, side by side, and among other batches", async () => {
    const [one, two] = [prediction({ concurrency: 1 }), prediction()];
    const int8 = prediction({ precision: "int8" });
    expect([one.concurrency, two.concurrency]).toEqual([1, 2]);
    await fc.assert(
      fc.asyncProperty(fc.array(lengths, { minLength: 1, maxLength: 5 }), async (all) => {
        const batches = all.map((of, i) => batchOf(of, i));
        const wanted = await runAll(one, batches);
        expect(await runAll(two, batches)).toEqual(wanted);
        const eightBit = await runAll(int8, batches);
        const last = batches.at(-1) as Inputs;
        expect(await scoresOf(two, last)).toEqual(wanted.at(-1));
        expect(await scoresOf(int8, last)).toEqual(eightBit.at(-1));
      }),
      { numRuns: 10 },
    );
    for (const used of [one, two, int8]) await used.dispose();
  });

  it("stays near float32 in eight bits, and is not float32", async () => {
    const [exact, rounded] = [prediction(), prediction({ precision: "int8" })];
    const batch = batchOf([20, 15, 11, 9], 3);
    const [wanted, got] = [await scoresOf(exact, batch), await scoresOf(rounded, batch)];
    const difference = largestDifference(got, wanted);
    expect(difference).toBeGreaterThan(1e-4);
    expect(difference).toBeLessThan(0.03); // scores of size 0.6
    await exact.dispose();
    await rounded.dispose();
  });

  it("sees weights that change where they are not frozen", async () => {
    const bias = weights.get("classifier.bias") as HostTensor<"float32">;
    const trained = prediction({ frozen: false });
    const batch = batchOf([8], 1);
    const before = await scoresOf(trained, batch);
    bias.data[0] = (bias.data[0] as number) + 1;
    const after = await scoresOf(trained, batch);
    bias.data[0] = (bias.data[0] as number) - 1;
    expect((after[0] as number) - (before[0] as number)).toBeCloseTo(1, 5);
    await trained.dispose();
  });

  it("ends with the first failure, and works again afterwards", async () => {
    const of = prediction();
    const batches = Array.from({ length: 8 }, (_, i) => batchOf([6], i));
    let taken = 0;
    const failing = of.runAll(
      batches,
      (batch) => (batch === batches[3] ? { ...batch, input_ids: hostTensor("int64", [1], [1]) } : batch),
      () => taken++,
    );
    await expect(failing).rejects.toMatchObject({ code: "engine/wrong-shape" });
    expect(taken).toBeLessThan(8);
    expect(await runAll(of, batches)).toHaveLength(8);
    await of.dispose();
  });

  it("refuses eight bits for weights in training, and a concurrency that makes no sense", () => {
    expect(() => prediction({ precision: "int8", frozen: false })).toThrow(/its weights are being trained/);
    for (const concurrency of [0, 1.5]) expect(() => prediction({ concurrency })).toThrow(/of at least 1/);
  });

  it("uses one core where the runtime has one thread", async () => {
    await using single = await Runtime.open({ threads: 1 });
    expect(prediction({}, single).concurrency).toBe(1);
  });
});
