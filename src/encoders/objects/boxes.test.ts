// Against torchvision.ops 0.28.0 (test/reference/make_box_cases.py) and hand calculations.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Box, boxAround, overlapOf, suppressOverlaps } from "./boxes.ts";

type Four = readonly [number, number, number, number];

interface ReferenceCase {
  readonly threshold: number;
  readonly centers: readonly Four[];
  readonly corners: readonly Four[];
  readonly scores: readonly number[];
  readonly overlapWithFirst: readonly number[];
  readonly kept: readonly number[];
}

const CASES = readFileSync(new URL("../../../test/golden/boxes.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as ReferenceCase);

const corners = ([left, top, right, bottom]: Four): Box => ({ left, top, right, bottom });

describe("boxes, as torchvision has them", () => {
  it.each(CASES)("keeps what its nms keeps at $threshold", ({ threshold, scores, kept, ...reference }) => {
    const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
    const sorted = order.map((i) => corners(reference.corners[i]!));
    const own = suppressOverlaps(sorted, threshold, Number.POSITIVE_INFINITY).map((i) => order[i]);
    expect(own).toEqual(kept);
    expect(kept.length).toBeLessThan(scores.length);
  });

  it.each(CASES)("turns centres to corners and measures overlap ($threshold)", (reference) => {
    for (const [i, [x, y, width, height]] of reference.centers.entries()) {
      const box = boxAround(x, y, width, height);
      expect(box).toEqual(corners(reference.corners[i]!));
      expect(overlapOf(corners(reference.corners[0]!), box)).toBeCloseTo(reference.overlapWithFirst[i]!, 5);
    }
  });
});

describe("overlapOf", () => {
  const unit = (left: number, top: number): Box => ({ left, top, right: left + 2, bottom: top + 2 });

  it("is the shared area over the joint one", () => {
    // 1 x 1 shared of 4 + 4 - 1.
    expect(overlapOf(unit(0, 0), unit(1, 1))).toBe(1 / 7);
    expect(overlapOf(unit(0, 0), unit(0, 0))).toBe(1);
    expect(overlapOf(unit(0, 0), unit(2, 0))).toBe(0); // they touch
    expect(overlapOf({ left: 1, top: 1, right: 1, bottom: 1 }, unit(0, 0))).toBe(0);
  });

  it("does not change when an axis is scaled, so it can be taken in any pixels", () => {
    const coordinate = fc.integer({ min: -50, max: 50 });
    const size = fc.integer({ min: 1, max: 50 });
    const box = fc
      .tuple(coordinate, coordinate, size, size)
      .map(([left, top, width, height]) => ({ left, top, right: left + width, bottom: top + height }));
    const scaled = ({ left, top, right, bottom }: Box, x: number, y: number): Box => ({
      left: left * x,
      top: top * y,
      right: right * x,
      bottom: bottom * y,
    });
    fc.assert(
      fc.property(box, box, size, size, (a, b, x, y) => {
        expect(overlapOf(scaled(a, x, y), scaled(b, x, y))).toBeCloseTo(overlapOf(a, b), 12);
        expect(overlapOf(b, a)).toBe(overlapOf(a, b));
      }),
    );
  });
});

describe("suppressOverlaps", () => {
  const at = (left: number): Box => ({ left, top: 0, right: left + 10, bottom: 10 });

  it("judges a box by the kept ones only: what a dropped box overlaps may stay", () => {
    // Neighbours overlap by 6 of 14, the first and the third by 2 of 18.
    expect(suppressOverlaps([at(0), at(4), at(8)], 0.4, 9)).toEqual([0, 2]);
    expect(suppressOverlaps([at(0), at(4), at(8)], 0.5, 9)).toEqual([0, 1, 2]);
    expect(suppressOverlaps([at(0), at(0)], 1, 9)).toEqual([0, 1]);
  });

  it("stops at the limit", () => {
    expect(suppressOverlaps([at(0), at(20), at(40)], 0.5, 2)).toEqual([0, 1]);
  });
});
