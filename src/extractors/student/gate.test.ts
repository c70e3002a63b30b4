// The gate on made-up readings: what own views tell beyond others', its interval, and what opens it.
import { describe, expect, it } from "vitest";
import { gateOf } from "./gate.ts";
import type { ScoreRow } from "./scores-file.ts";

const row = (example: string, ...crossEntropies: number[]): ScoreRow => ({
  example,
  fold: 0,
  label: "met",
  withoutView: [9],
  views: crossEntropies.map((nats, i) => ({
    id: `${example}${i}`,
    crossEntropy: [9, nats],
    predicted: "met",
  })),
});
const each = (count: number, of: (i: number) => ScoreRow) => Array.from({ length: count }, (_, i) => of(i));
const options = { margin: 0.03, seed: 1, clusterOf: (example: string) => Number(example) };

describe("gateOf", () => {
  it("takes the mean over examples of what others' views cost, whatever their number of views", () => {
    const own = [row("1", 1, 3), row("2", 0.5), row("3")];
    const others = [row("1", 3), row("2", 0.5, 0.7), row("3", 1)];
    const { gainNats, examples } = gateOf(own, others, options);
    expect(examples).toBe(2); // the third has no view of its own
    expect(gainNats).toBeCloseTo((3 - 2 + (0.6 - 0.5)) / 2, 12);
  });

  it("opens if the views of an example tell more than those of others for sure, and not before", () => {
    const own = each(200, (i) => row(String(i), 1 + 0.2 * Math.sin(i)));
    const gate = (gain: number, margin = 0.03) =>
      gateOf(
        own,
        each(200, (i) => row(String(i), 1 + gain + 0.2 * Math.cos(i))),
        { ...options, margin },
      );
    const open = gate(0.3);
    expect(open.open).toBe(true);
    expect(open.gainInterval![0]).toBeGreaterThan(0.03);
    expect(open.gainInterval![0]).toBeLessThan(open.gainNats!);
    expect(open.gainInterval![1]).toBeGreaterThan(open.gainNats!);
    expect(gate(0.04).open).toBe(false); // above the margin, but not for sure
    expect(gate(0).open).toBe(false);
    expect(gate(0.3, 0.3).open).toBe(false);
    expect(gate(0.3)).toEqual(open);
  });

  it("has a wider interval if examples share their text", () => {
    const own = each(200, (i) => row(String(i), 1));
    const others = each(200, (i) => row(String(i), 1.1 + (i % 20 < 10 ? 0.4 : -0.4)));
    const width = ({ gainInterval }: ReturnType<typeof gateOf>) => gainInterval![1] - gainInterval![0];
    const apart = gateOf(own, others, options);
    const together = gateOf(own, others, { ...options, clusterOf: (example) => Number(example) % 20 });
    expect(width(together) / width(apart)).toBeGreaterThan(2.5); // about the square root of ten
    expect([apart.open, together.open]).toEqual([true, false]);
  });

  it("stays shut where no view was exchanged", () => {
    expect(gateOf([row("1", 1)], [], options)).toEqual({ marginNats: 0.03, examples: 0, open: false });
  });
});
