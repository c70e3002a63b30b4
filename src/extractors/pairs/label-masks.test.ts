import { describe, expect, it } from "vitest";
import { LabelSet } from "../../data/labels.ts";
import { probabilitiesOf } from "../shared/class-scores.ts";
import { LabelMasks, maskedScores } from "./label-masks.ts";
import { TypeConstraints } from "./type-constraints.ts";

const constraints = new TypeConstraints(
  [{ head: "PER", tail: "ORG", count: 2, labels: [{ label: "works_for", count: 2 }] }],
  ["PER", "ORG"],
);
const labels = new LabelSet(["None", "works_for", "makes", "lives_in"]);

describe("LabelMasks", () => {
  it("leave the labels of the two types and None, and None alone to types that never had a relation", () => {
    const masks = new LabelMasks(constraints, labels);
    expect(masks.of("PER", "ORG")).toEqual([true, true, false, false]);
    expect(masks.of("ORG", "PER")).toEqual([true, false, false, false]);
    expect(masks.of("PER", "EVENT")).toBeUndefined();
  });

  it("rule nothing out where no label would be left, or none is ruled out", () => {
    const masks = new LabelMasks(constraints, new LabelSet(["works_for", "makes"]));
    expect(masks.of("ORG", "PER")).toBeUndefined();
    const all = new TypeConstraints(
      [{ head: "A", tail: "A", count: 1, labels: [{ label: "r", count: 1 }] }],
      ["A"],
    );
    expect(new LabelMasks(all, new LabelSet(["None", "r"])).of("A", "A")).toBeUndefined();
  });
});

describe("maskedScores", () => {
  it("give the softmax over the labels that are left, at any temperature", () => {
    const scores = Float32Array.of(1, 2, 9, -4);
    const mask = [true, true, false, false];
    for (const temperature of [0.01, 1, 20]) {
      const [none, works, makes, lives] = probabilitiesOf(maskedScores(scores, mask), {
        temperature,
        instances: undefined,
        trust: 1,
      });
      expect([makes, lives]).toEqual([0, 0]);
      expect(none! + works!).toBeCloseTo(1, 12);
      expect(works! / none!).toBeCloseTo(Math.exp(1 / temperature), temperature < 1 ? -40 : 6);
    }
    expect(maskedScores(scores, undefined)).toBe(scores);
  });
});
