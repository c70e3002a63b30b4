import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, progressLine } from "./progress-line.ts";

const training = {
  label: "training",
  done: 15,
  total: 42,
  note: "epoch 1, loss 0.6931, micro_f1 0.8712, 41.2 examples/s",
  remaining: 29.6,
};

describe("a progress line", () => {
  it("fits terminals of 60, 80 and 100 columns, with one remaining time", () => {
    expect(progressLine(training, 60)).toBe("training [===-----] 15/42 30 s left epoch 1, loss 0.6931");
    expect(progressLine(training, 80)).toBe(
      "training [===-----] 15/42 30 s left epoch 1, loss 0.6931, micro_f1 0.8712",
    );
    expect(progressLine(training, 200)).toBe(
      "training [=========---------------] 15/42 30 s left epoch 1, loss 0.6931, micro_f1 0.8712, 41.2 examples/s",
    );
  });

  it("leaves room for the ^C that a terminal echoes", () => {
    for (const columns of [60, 80, 200])
      expect(`${progressLine(training, columns)}^C`.length).toBeLessThan(columns);
  });

  it("shows a count alone where the total is not known", () => {
    const reading = { label: "extracting", done: 7, total: 0, note: "2 rejected", remaining: undefined };
    expect(progressLine(reading, 80)).toBe("extracting 7 2 rejected");
    expect(progressLine({ ...reading, label: "copying model", done: 0, note: "" }, 80)).toBe("copying model");
  });

  it("is never as wide as the terminal", () => {
    const state = fc.record({
      label: fc.string({ maxLength: 30 }),
      done: fc.nat(1000),
      total: fc.nat(1000),
      note: fc.string({ maxLength: 120 }),
      remaining: fc.option(fc.double(), { nil: undefined }),
    });
    fc.assert(
      fc.property(state, fc.integer({ min: 2, max: 200 }), (state, columns) => {
        expect(progressLine(state, columns).length).toBeLessThan(columns);
      }),
    );
  });
});

it("writes durations as people say them", () => {
  expect([0.2, 59.6, 200, 3900, Number.NaN, -3].map(duration)).toEqual([
    "0 s",
    "1 min 0 s",
    "3 min 20 s",
    "1 h 5 min",
    "unknown time",
    "0 s",
  ]);
});
