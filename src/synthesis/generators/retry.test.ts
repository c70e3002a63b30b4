import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SynthesisError } from "../../base/errors.ts";
import { type Attempt, type RetryPolicy, retryAfterMs, retrying, waitBefore } from "./retry.ts";
import { NEVER, rejection } from "./testing/requests.ts";

const POLICY: RetryPolicy = { times: 3, firstWaitMs: 1, longestWaitMs: 4, longestRetryAfterMs: 1000 };
const FAILED: Attempt<never> = {
  state: "failed",
  error: { code: "synthesis/server-failed", message: "it failed", remedy: "Look.", fault: "work" },
};

/** Fails as often as told, then is done; counts. */
function failing(times: number, failure: Attempt<never> = FAILED) {
  const seen = { attempts: 0 };
  const attempt = async (): Promise<Attempt<string>> =>
    seen.attempts++ < times ? failure : { state: "done", value: "done" };
  return { seen, attempt };
}

describe("retrying", () => {
  it("gives the first success", async () => {
    const { seen, attempt } = failing(3);
    expect(await retrying(POLICY, NEVER, attempt)).toBe("done");
    expect(seen.attempts).toBe(4);
  });

  it("gives up after the policy's number of repetitions with the last error and the number of attempts", async () => {
    const { seen, attempt } = failing(99);
    const error = await rejection(retrying(POLICY, NEVER, attempt));
    expect(error).toMatchObject({ code: "synthesis/server-failed", message: "it failed (4 attempts)" });
    expect(seen.attempts).toBe(4);
  });

  it("does not repeat what is thrown", async () => {
    let attempts = 0;
    const fatal = new Error("for good");
    const attempt = async (): Promise<Attempt<string>> => {
      attempts++;
      throw fatal;
    };
    expect(await rejection(retrying(POLICY, NEVER, attempt))).toBe(fatal);
    expect(attempts).toBe(1);
  });

  it("does not wait longer than allowed for a server that asks for it", async () => {
    const { seen, attempt } = failing(1, { ...FAILED, waitMs: 120_000 });
    const error = (await rejection(retrying(POLICY, NEVER, attempt))) as SynthesisError;
    expect(error.code).toBe("synthesis/asked-to-wait");
    expect(error.message).toContain("the server asks for a wait of 120 s");
    expect(seen.attempts).toBe(1);
  });

  it("is cut short by the signal while it waits", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const patient = { ...POLICY, firstWaitMs: 80_000_000, longestWaitMs: 80_000_000 };
    const attempt = async () => {
      setTimeout(() => controller.abort(reason), 5);
      return FAILED;
    };
    expect(await rejection(retrying(patient, controller.signal, attempt, () => 0.999))).toBe(reason);
  });
});

describe("waitBefore", () => {
  it("doubles its upper bound up to the longest wait (full jitter)", () => {
    const policy = { ...POLICY, firstWaitMs: 100, longestWaitMs: 1000 };
    const bounds = [1, 2, 3, 4, 5, 30].map((failures) => waitBefore(policy, failures, undefined, () => 1));
    expect(bounds).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(waitBefore(policy, 3, undefined, () => 0.25)).toBe(100);
  });

  it("lies between 0 and the bound, and never below what the server asks for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
        (failures, random, asked) => {
          const policy = { ...POLICY, firstWaitMs: 100, longestWaitMs: 60_000 };
          const wait = waitBefore(policy, failures, asked, () => random);
          const least = asked ?? 0;
          const most = asked === undefined ? Math.min(60_000, 100 * 2 ** (failures - 1)) : asked + 100;
          return wait >= least && wait <= most;
        },
      ),
    );
  });
});

describe("retryAfterMs", () => {
  const now = Date.parse("2026-01-05T10:00:00Z");

  it.each([
    ["0", 0],
    ["120", 120_000],
    [" 3 ", 3000],
    ["0.25", 250],
  ])("reads %j as seconds", (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  // The three forms of RFC 9110, 5.6.7.
  it.each([
    ["Mon, 05 Jan 2026 10:00:30 GMT", 30_000],
    ["Monday, 05-Jan-26 10:01:00 GMT", 60_000],
    ["Mon Jan  5 10:00:02 2026", 2000],
    ["Mon, 05 Jan 2026 09:59:00 GMT", 0],
  ])("reads %j as a date", (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  it.each([null, "", "-5", "soon", "1e99x", "Mon, 99 Foo 2026"])("takes %j for no answer", (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined();
  });
});
