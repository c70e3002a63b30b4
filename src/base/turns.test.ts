import { describe, expect, it } from "vitest";
import { atOnce, inTurns, type Pausable } from "./turns.ts";

function* counting(to: number, busyMs = 0): Pausable<number> {
  for (let i = 0; i < to; i++) {
    const until = performance.now() + busyMs;
    while (performance.now() < until);
    yield;
  }
  return to;
}

describe("work that can pause", () => {
  it("gives the same result at once and in turns", async () => {
    expect(atOnce(counting(1000))).toBe(1000);
    expect(await inTurns(counting(1000))).toBe(1000);
  });

  it("lets others have their turn while it works, and ends when a signal says so", async () => {
    let turns = 0;
    let isDone = false;
    const other = () => {
      turns++;
      if (!isDone) setImmediate(other);
    };
    setImmediate(other);
    await inTurns(counting(20, 4));
    isDone = true;
    expect(turns).toBeGreaterThan(2);
    const stop = new AbortController();
    setImmediate(() => stop.abort(new Error("stopped")));
    await expect(inTurns(counting(1_000_000, 4), stop.signal)).rejects.toThrow("stopped");
  });
});
