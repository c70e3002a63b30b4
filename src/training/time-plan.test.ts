// Tests of the clock of a run: speed, plans for a limit of time, the end at the limit.
import { describe, expect, test } from "vitest";
import type { RunState } from "./run-state.ts";
import { RunClock } from "./time-plan.ts";

/** 100 examples in steps of 10, 30 more to score after every epoch. */
const SHAPE = { examplesPerStep: 10, stepsPerEvaluation: 10, evaluationExamples: 30 };
const ALL_STEPS = 1000;

/** A run whose steps and evaluations take the given seconds. */
function clocked(limit?: number, before?: RunState["time"]) {
  let now = 0;
  const state: Pick<RunState, "step" | "time"> = { step: 0, ...(before && { time: before }) };
  const clock = new RunClock(SHAPE, ALL_STEPS, limit, () => now);
  clock.start(state);
  const spend = async (seconds: number) => {
    now += 1000 * seconds;
  };
  return {
    state,
    clock,
    elapsed: () => now / 1000,
    planned: () => state.time?.plannedSteps ?? ALL_STEPS,
    step: (seconds: number) =>
      clock.step(state, async () => {
        state.step++;
        await spend(seconds);
      }),
    evaluate: (seconds: number) => clock.evaluation(state, () => spend(seconds)),
  };
}

describe("RunClock", () => {
  test("tells once how long the run takes, and does not count the first step, which compiles", async () => {
    const run = clocked();
    const told = [await run.step(20)];
    for (let i = 0; i < 8; i++) told.push(await run.step(1));
    // 994 more steps of a second, and 99 evaluations of 0.4 x 30 / 10 s
    expect(told).toEqual([...Array(5).fill(undefined), 994 + 99 * 1.2, ...Array(3).fill(undefined)]);
    expect(run.state.time).toBeUndefined();
  });

  test("plans for what fits into the limit, and again when an evaluation has been timed", async () => {
    const run = clocked(120);
    for (let i = 0; i < 6; i++) await run.step(1);
    // 0.95 x 114 s minus an evaluation of 1.2 s, at 1 + 0.12 s a step
    expect(run.planned()).toBe(6 + Math.floor((0.95 * 114 - 1.2) / 1.12));
    for (let i = 0; i < 4; i++) await run.step(1);
    await run.evaluate(5);
    expect(run.planned()).toBe(10 + Math.floor((0.95 * 105 - 5) / 1.5));
    while (run.state.step < run.planned()) {
      await run.step(1);
      if (run.state.step % 10 === 0) await run.evaluate(5);
    }
    await run.evaluate(5);
    expect(run.elapsed()).toBeLessThanOrEqual(120);
    expect(run.elapsed()).toBeGreaterThan(100);
  });

  test("plans no more steps than the run has", async () => {
    const run = clocked(1e6);
    for (let i = 0; i < 6; i++) await run.step(1);
    expect(run.planned()).toBe(ALL_STEPS);
  });

  test("ends the run as soon as only an evaluation fits, when the machine becomes slow", async () => {
    const run = clocked(100);
    for (let i = 0; i < 10; i++) await run.step(1);
    await run.evaluate(4);
    while (run.state.step < run.planned()) await run.step(15);
    expect(run.state.step).toBe(16); // 14 s, then 6 steps of 15 s: the next would pass the limit
  });

  test("ends after a single step that takes all of the time", async () => {
    const run = clocked(10);
    await run.step(11);
    expect(run.planned()).toBe(1);
  });

  test("counts the time of earlier processes, and keeps their plan", async () => {
    const run = clocked(100, { elapsedSeconds: 60, plannedSteps: 500 });
    expect(run.planned()).toBe(500);
    await run.step(1);
    run.clock.note(run.state);
    expect(run.state.time).toEqual({ elapsedSeconds: 61, plannedSteps: 500 });
  });
});
