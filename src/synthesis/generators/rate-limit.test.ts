import { describe, expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";
import { NEVER, rejection } from "./testing/requests.ts";

describe("RateLimit", () => {
  it("starts requests no earlier than the limit says, each in the slot of its asking", async () => {
    const limit = new RateLimit(60_000 / 5); // one in 5 ms
    const starts: { request: number; at: number }[] = [];
    const ask = async (request: number) => {
      await limit.turn(NEVER);
      starts.push({ request, at: performance.now() });
    };
    const begin = performance.now();
    await Promise.all([0, 1, 2, 3, 4].map(ask));
    expect(starts).toHaveLength(5);
    // Nobody starts before its slot; that a busy machine delays one does not matter.
    for (const { request, at } of starts) expect(at - begin).toBeGreaterThanOrEqual(request * 5);
  });

  it("lets requests pass at once where there is no limit", async () => {
    const limit = new RateLimit(undefined, () => 0); // the clock never advances, so any wait would never end
    await Promise.all(Array.from({ length: 100 }, () => limit.turn(NEVER)));
  });

  it("holds everybody back, also those who wait for their turn already", async () => {
    const limit = new RateLimit(60_000 / 2);
    await limit.turn(NEVER);
    const waiting = limit.turn(NEVER).then(() => performance.now());
    const held = performance.now();
    limit.hold(30);
    expect((await waiting) - held).toBeGreaterThanOrEqual(30);
  });

  it("gives up a turn when the signal fires, and the next still gets its own", async () => {
    const limit = new RateLimit(60_000 / 20);
    await limit.turn(NEVER);
    const controller = new AbortController();
    const given = limit.turn(controller.signal);
    const next = limit.turn(NEVER);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await rejection(given)).toBe(reason);
    await next;
    expect(await rejection(limit.turn(controller.signal))).toBe(reason);
  });
});
