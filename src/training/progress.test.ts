// Tests of the speed estimate, the comparison of JSON values and the description of the machine.
import { describe, expect, test } from "vitest";
import { differences, toJson } from "../base/json.ts";
import { describeEnvironment } from "./environment.ts";
import { Pace } from "./progress.ts";

describe("Pace", () => {
  test("gives examples per second of the steps, and counts other work into the remaining time", () => {
    let now = 0;
    const pace = new Pace(() => now);
    expect(pace.remainingSeconds(10)).toBeNaN();
    for (let step = 0; step < 4; step++) {
      pace.startStep();
      now += 500; // a step of half a second
      pace.endStep(16);
      now += step < 3 ? 250 : 0; // then an evaluation
    }
    expect(pace.examplesPerSecond).toBeCloseTo(32, 10);
    // 4 steps so far: 2 s of steps and 3 x 0.25 s of other work
    expect(pace.remainingSeconds(8)).toBeCloseTo(8 * (0.5 + 0.75 / 4), 10);
  });

  test("follows a change of speed", () => {
    let now = 0;
    const pace = new Pace(() => now);
    for (let step = 0; step < 100; step++) {
      pace.startStep();
      now += step < 50 ? 1000 : 100;
      pace.endStep(1);
    }
    expect(pace.examplesPerSecond).toBeGreaterThan(9);
  });
});

describe("differences", () => {
  test("names every value that differs by its path", () => {
    const before = { a: 1, b: { c: [1, 2], d: "x" }, e: null };
    expect(differences(before, before)).toEqual([]);
    expect(differences(before, toJson({ a: 2, b: { c: [1, 3], d: "x" }, e: undefined }))).toEqual([
      "a: was 1, is 2",
      "b.c: was [1,2], is [1,3]",
      "e: was null, is absent",
    ]);
  });

  test("shortens long values", () => {
    expect(differences("x".repeat(1000), "y")[0]?.length).toBeLessThan(120);
  });
});

describe("describeEnvironment", () => {
  test("tells versions and machine", () => {
    expect(describeEnvironment("1.30.0")).toMatchObject({
      relata: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.versions.node,
      onnxruntime: "1.30.0",
      processors: expect.any(Number),
    });
    expect(describeEnvironment().onnxruntime).toMatch(/^\d+\.\d+/);
  });
});
