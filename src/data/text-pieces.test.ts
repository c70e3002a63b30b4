// Cutting a text at its spans: every offset once, overlaps in lanes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutPieces, placeSpans } from "./text-pieces.ts";

const spans = fc.array(
  fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) })),
  { maxLength: 12 },
);

describe("spans of a text", () => {
  it("puts a nested span next to the text and the outer one below it", () => {
    const placed = placeSpans(20, [
      { start: 0, end: 20 },
      { start: 14, end: 20 },
    ]);
    expect(placed.map(({ index, lane }) => [index, lane])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it("gives crossing spans two lanes and cuts the text in three", () => {
    const pieces = cutPieces(12, [
      { start: 0, end: 6 },
      { start: 4, end: 10 },
    ]);
    expect(
      pieces.map(({ start, end, covering }) => [start, end, covering.map(({ index }) => index)]),
    ).toEqual([
      [0, 4, [0]],
      [4, 6, [0, 1]],
      [6, 10, [1]],
      [10, 12, []],
    ]);
  });

  it("covers every offset once, with exactly the spans that cover it", () => {
    fc.assert(
      fc.property(spans, (list) => {
        const pieces = cutPieces(40, list);
        expect(pieces.map(({ start }) => start)).toEqual([0, ...pieces.slice(0, -1).map(({ end }) => end)]);
        expect(pieces.at(-1)?.end).toBe(40);
        for (const { start, end, covering } of pieces) {
          const expected = list.flatMap((span, i) =>
            span.start < span.end && span.start <= start && span.end >= end ? [i] : [],
          );
          expect(covering.map(({ index }) => index).sort((a, b) => a - b)).toEqual(expected);
        }
      }),
    );
  });

  it("leaves out spans outside of the text", () => {
    expect(cutPieces(5, [{ start: 7, end: 9 }])).toEqual([{ start: 0, end: 5, covering: [] }]);
    expect(cutPieces(0, [])).toEqual([]);
  });
});
