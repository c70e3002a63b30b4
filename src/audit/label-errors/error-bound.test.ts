import { describe, expect, it } from "vitest";
import { stream } from "../../training/random.ts";
import { boundErrors } from "./error-bound.ts";

/** Scores of right labels near 0, of wrong ones near `shift`. */
function draw(rows: number, share: number, shift: number) {
  const random = stream(7, rows, "bound");
  const at = (isWrong: boolean) => random.normal() + (isWrong ? shift : 0);
  return {
    scores: Array.from({ length: rows }, (_, i) => at(i < share * rows)),
    wrong: Array.from({ length: rows }, () => at(true)),
    clusters: Array.from({ length: rows }, (_, i) => i),
  };
}

describe("bound of the number of wrong labels", () => {
  it("is close to the truth where wrong labels stand out", () => {
    const { count, interval } = boundErrors([draw(2000, 0.1, 6)]);
    expect(count).toBeGreaterThan(185);
    expect(count).toBeLessThan(225);
    expect(interval[0]).toBeLessThanOrEqual(count);
    expect(interval[1]).toBeGreaterThanOrEqual(200 * 0.9);
  });

  it("is at least the truth where they hardly do", () => {
    expect(boundErrors([draw(2000, 0.1, 1)]).count).toBeGreaterThan(200);
  });

  it("allows every label to be wrong where scores say nothing", () => {
    expect(boundErrors([draw(1000, 0, 0)]).count).toBeGreaterThan(700);
  });

  it("adds up the ways in which labels can be wrong", () => {
    const [one, other] = [draw(1000, 0.1, 6), draw(1000, 0.2, 6)];
    const { count } = boundErrors([one, other]);
    expect(count).toBeCloseTo(boundErrors([one]).count + boundErrors([other]).count, 9);
  });

  it("is 0 without labels", () => {
    expect(boundErrors([{ scores: [], wrong: [], clusters: [] }])).toEqual({ count: 0, interval: [0, 0] });
  });
});
