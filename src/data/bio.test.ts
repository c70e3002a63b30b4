import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBioTag, spansOfTags } from "./bio.ts";

const read = (tags: string, policy: "conll" | "strict" | "repair") =>
  spansOfTags(tags.split(" "), policy).spans.map(({ start, end, label }) => `${label} ${start}-${end}`);

describe("spansOfTags", () => {
  it("reads well-formed tags alike under every policy, also hyphens in a type and neighbours of one type", () => {
    for (const policy of ["conll", "strict", "repair"] as const) {
      expect(read("B-PER B-PER I-PER O B-MISC-x I-MISC-x", policy)).toEqual([
        "PER 0-1",
        "PER 1-3",
        "MISC-x 4-6",
      ]);
    }
  });

  it("reads an I after O as a start, except under strict", () => {
    expect(read("O I-LOC I-LOC O", "conll")).toEqual(["LOC 1-3"]);
    expect(read("O I-LOC I-LOC O", "strict")).toEqual([]);
    expect(read("O I-LOC I-LOC O", "repair")).toEqual(["LOC 1-3"]);
  });

  it("reads a change of type inside an entity by policy", () => {
    expect(read("B-PER I-LOC I-LOC I-PER", "conll")).toEqual(["PER 0-1", "LOC 1-3", "PER 3-4"]);
    expect(read("B-PER I-LOC I-LOC I-PER", "strict")).toEqual(["PER 0-1"]);
    expect(read("B-PER I-LOC I-LOC I-PER", "repair")).toEqual(["PER 0-4"]);
  });

  it("names the orphans, one per broken run", () => {
    const tags = ["I-LOC", "I-LOC", "O", "B-PER", "I-LOC", "I-LOC", "I-PER"];
    for (const policy of ["conll", "strict", "repair"] as const) {
      expect(spansOfTags(tags, policy).orphans).toEqual([0, 4, 6]);
    }
  });

  it("refuses what is not a BIO tag, with its position", () => {
    for (const tag of ["S-PER", "X", "[SEP]", "B", "I-", "b-PER", "BPER", ""]) {
      expect(parseBioTag(tag)).toBeUndefined();
      expect(() => spansOfTags(["O", tag], "conll")).toThrow(
        expect.objectContaining({ code: "data/not-a-bio-tag", place: "tag 1", value: tag }),
      );
    }
  });

  it("gives ordered spans that do not overlap, and loses no B", () => {
    const tag = fc.constantFrom("O", "B-PER", "I-PER", "B-LOC", "I-LOC");
    fc.assert(
      fc.property(fc.array(tag), fc.constantFrom("conll", "strict", "repair"), (tags, policy) => {
        const { spans } = spansOfTags(tags, policy);
        let last = 0;
        for (const { start, end } of spans) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        const starts = new Set(spans.map(({ start }) => start));
        for (const [i, text] of tags.entries()) if (text.startsWith("B")) expect(starts.has(i)).toBe(true);
        expect(last).toBeLessThanOrEqual(tags.length);
      }),
    );
  });
});
