import { describe, expect, it } from "vitest";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import { entitySuspicions } from "./entity-suspicion.ts";
import { readingsOf } from "./readings.ts";

const scheme = new TagScheme(["LOC", "PER"], "inside");

/** Scores of a text whose words have these tags with probability 0.96 each. */
function scoresOf(tags: readonly string[]): Float32Array {
  return Float32Array.from(
    tags.flatMap((tag) => scheme.tags.map((other) => Math.log(other === tag ? 0.96 : 0.01))),
  );
}

const readings = readingsOf(scheme, scoresOf(["O", "B-PER", "I-PER", "O", "B-LOC", "O"]));
const given = (start: number, end: number, label: string) => ({ entity: 0, start, end, label });
const judged = (...annotated: ReturnType<typeof given>[]) =>
  entitySuspicions(annotated, readings, scheme.types, 6);
const only = (...annotated: ReturnType<typeof given>[]) => {
  const found = judged(...annotated).filter((one) => one.otherProbability > one.givenProbability);
  return found.map(({ kind, other }) => [kind, other && [other.start, other.end, other.label]]);
};

describe("suspicion of entities", () => {
  it("finds nothing wrong with what the tagger reads", () => {
    expect(only(given(1, 3, "PER"), given(4, 5, "LOC"))).toEqual([]);
  });

  it("tells another type, other boundaries, and no entity apart", () => {
    expect(only(given(1, 3, "LOC"), given(4, 5, "LOC"))).toEqual([["type", [1, 3, "PER"]]]);
    expect(only(given(1, 2, "PER"), given(4, 5, "LOC"))).toEqual([["boundary", [1, 3, "PER"]]]);
    expect(only(given(0, 1, "PER"), given(1, 3, "PER"), given(4, 5, "LOC"))).toEqual([
      ["spurious", undefined],
    ]);
  });

  it("reports what is not annotated as missing", () => {
    expect(only(given(1, 3, "PER"))).toEqual([["missing", [4, 5, "LOC"]]]);
  });

  it("has the lowest probability of a word's annotated tag, among the words of both readings", () => {
    const lowest = (...annotated: ReturnType<typeof given>[]) =>
      judged(...annotated).map(({ wordProbability }) => Number(wordProbability.toFixed(4)));
    expect(lowest(given(1, 3, "PER"), given(4, 5, "LOC"))).toEqual([0.96, 0.96]);
    // "I-PER" has 0.96 where the annotation says "O", and "O" 0.01.
    expect(lowest(given(1, 2, "PER"), given(4, 5, "LOC"))).toEqual([0.01, 0.96]);
    expect(lowest(given(1, 3, "PER"))).toEqual([0.96, 0.01]);
  });

  it("has probabilities that are shares of the well-formed tag sequences", () => {
    // The first word alone: O, B-LOC and B-PER begin a sequence, I-LOC and I-PER cannot.
    const one = readingsOf(scheme, scoresOf(["O"]));
    expect(one.nothing(0, 1)).toBeCloseTo(0.96 / 0.98, 5);
    expect(one.entity({ start: 0, end: 1, label: "PER" })).toBeCloseTo(0.01 / 0.98, 5);
  });
});
