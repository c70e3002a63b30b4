// Weights from probabilities, and what users are told about them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  labelWeightNotes,
  meanProbability,
  type WeightedExample,
  weighExamples,
  weightsOf,
} from "./label-weights.ts";

describe("weights of training labels", () => {
  it("are the probabilities divided by their mean; no probability counts as 1", () => {
    const given: readonly WeightedExample[] = [{ probability: 0.2 }, { probability: 0.6 }, {}];
    const [a, b, c] = weighExamples(given);
    expect([a?.weight, b?.weight, c?.weight]).toEqual([0.2 / 0.6, 1, 1 / 0.6]);
  });

  it("are absent if all probabilities are equal, so that the graph stays the one without weights", () => {
    const same = [{ probability: 0.7 }, { probability: 0.7 }];
    expect(weighExamples(same)).toBe(same);
    expect(weightsOf(same, "plain")).toEqual({ variant: "plain", weights: undefined });
    expect(weightsOf(weighExamples<WeightedExample>([{}, { probability: 0.5 }]), "plain").variant).not.toBe(
      "plain",
    );
  });

  it("have the mean 1", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2 }),
        (probabilities) => {
          const weighed: readonly WeightedExample[] = weighExamples(
            probabilities.map((probability) => ({ probability })),
          );
          const sum = weighed.reduce((all, { weight = 1 }) => all + weight, 0);
          expect(sum / weighed.length).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it("of a text are those of its entities together", () => {
    expect(meanProbability([{ probability: 0.4 }, {}, { probability: 0.7 }])).toBeCloseTo(0.7, 12);
    expect(meanProbability([{}, {}])).toBeUndefined();
    expect(meanProbability([])).toBeUndefined();
  });
});

it("says how many labels carry a probability, and what is done with it", () => {
  const labels = [{ probability: 0.5 }, { probability: 0.75 }, {}];
  expect(labelWeightNotes([{}], "none")).toEqual([]);
  expect(labelWeightNotes([{}], "probability")).toEqual([expect.stringContaining("changes nothing")]);
  expect(labelWeightNotes(labels, "none")).toEqual([
    expect.stringMatching(/^2 training labels of 3 carry a probability and are used as certain/),
  ]);
  expect(labelWeightNotes(labels, "probability")).toEqual([
    expect.stringMatching(
      /^2 training labels of 3 carry a probability \(mean 0\.63\) and are weighted by it/,
    ),
  ]);
});
