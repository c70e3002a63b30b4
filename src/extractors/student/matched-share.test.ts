// The share at which kept views tell the label as often as real ones, on readings whose retention is counted by hand.
import { describe, expect, it } from "vitest";
import { matchedShare, retentionOf } from "./matched-share.ts";
import type { ScoreRow } from "./scores-file.ts";

/** Views in the order of their scores; 1 where the teacher names the label. */
const row = (example: string, right: readonly number[]): ScoreRow => ({
  example,
  fold: 0,
  label: "met",
  withoutView: [1],
  views: right.map((one, i) => ({
    id: `${example}${i}`,
    crossEntropy: [i / 10],
    predicted: one === 1 ? "met" : "lives in",
  })),
});
// Kept at 1, 3/4, 1/2, 1/4 of each: 4 of 8, 4 of 6, 3 of 4, 2 of 2 are right.
const ROWS = [row("a", [1, 1, 0, 0]), row("b", [1, 0, 1, 0])];

describe("matchedShare", () => {
  it("is the largest share at which kept views tell the label as often as real ones", () => {
    const shares = [0.4, 0.5, 0.51, 0.66, 0.7, 0.75, 0.8, 1].map((share) => matchedShare(ROWS, { share }));
    expect(shares).toEqual([1, 1, 0.75, 0.75, 0.5, 0.5, 0.25, 0.25]);
  });

  it("is one view of each example if even the best tell less than real ones", () => {
    expect(matchedShare([row("a", [0, 1])], { share: 0.9 })).toBe(0.5);
    expect(matchedShare([], { share: 0.9 })).toBe(1);
  });
});

describe("retentionOf", () => {
  it("counts the views that are asked for", () => {
    const all = retentionOf(ROWS, () => 0);
    expect([all?.views, all?.share]).toEqual([8, 0.5]);
    expect(
      retentionOf(
        ROWS,
        () => 0,
        (_, view) => view === "a2",
      )?.share,
    ).toBe(0);
    expect(
      retentionOf(
        ROWS,
        () => 0,
        () => false,
      ),
    ).toBeUndefined();
  });
});
