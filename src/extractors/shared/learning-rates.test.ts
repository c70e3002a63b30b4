import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { ConfigInput } from "../../config/schema.ts";
import { learningRatesOf } from "./learning-rates.ts";

const trainingOf = (training: ConfigInput["training"]) =>
  parseConfig({ task: "mner", encoder: "e", data: { train: "a", validation: "b" }, training }).training;

describe("the peak learning rates of a run", () => {
  it.each([
    [64, 2e-4],
    [384, 2e-4],
    [768, 5.086e-5],
    [1024, 2.861e-5],
  ])("follow the width of the encoder, %i, where none is given", (hiddenSize, rate) => {
    const { encoder, heads, tagger } = learningRatesOf(trainingOf({}), { hiddenSize });
    expect(encoder).toBeCloseTo(rate, 8);
    expect([heads, tagger]).toEqual([1e-3, 5e-3]);
  });

  it("are never higher in the encoder than in what starts from random weights", () => {
    expect(learningRatesOf(trainingOf({ learningRate: 1e-2 }), { hiddenSize: 384 })).toEqual({
      encoder: 1e-2,
      heads: 1e-2,
      tagger: 1e-2,
    });
  });

  it("are those that are given", () => {
    const training = trainingOf({
      learningRate: 3e-5,
      headLearningRate: 2e-5,
      taggerLearningRate: 1e-5,
    });
    expect(learningRatesOf(training, { hiddenSize: 384 })).toEqual({
      encoder: 3e-5,
      heads: 2e-5,
      tagger: 1e-5,
    });
  });
});
