import { describe, expect, it } from "vitest";
import type { Features } from "../data/feature-record.ts";
import { RecentFeatures } from "./recent-features.ts";

const features = (value: number): Features => ({ maps: { shape: [2], data: Float32Array.of(value, value) } });

/** Counts how often each key was computed. */
class Counter {
  readonly calls: string[] = [];
  of(recent: RecentFeatures, key: string, value = 1): Promise<Features> {
    return recent.getOrCompute(key, async () => {
      this.calls.push(key);
      return features(value);
    });
  }
}

describe("RecentFeatures", () => {
  it("computes a key once, for callers at the same time and later", async () => {
    const recent = new RecentFeatures();
    const counter = new Counter();
    const [first, second] = await Promise.all([counter.of(recent, "a", 3), counter.of(recent, "a", 4)]);
    expect(second).toBe(first);
    expect(await counter.of(recent, "a", 5)).toBe(first);
    expect(counter.calls).toEqual(["a"]);
  });

  it("keeps no more bytes than it may, and drops what was used longest ago", async () => {
    const recent = new RecentFeatures(16); // two entries of eight bytes
    const counter = new Counter();
    for (const key of ["a", "b", "a", "c"]) await counter.of(recent, key);
    expect(recent.bytes).toBe(16);
    await counter.of(recent, "a"); // used after b, so still known
    await counter.of(recent, "b");
    expect(counter.calls).toEqual(["a", "b", "c", "b"]);
  });

  it("does not keep features that are larger than it may keep", async () => {
    const recent = new RecentFeatures(4);
    const counter = new Counter();
    await counter.of(recent, "a");
    await counter.of(recent, "a");
    expect(counter.calls).toEqual(["a", "a"]);
    expect(recent.bytes).toBe(0);
  });

  it("computes again what failed", async () => {
    const recent = new RecentFeatures();
    await expect(recent.getOrCompute("a", () => Promise.reject(new Error("broken")))).rejects.toThrow(
      "broken",
    );
    expect(await recent.getOrCompute("a", async () => features(2))).toEqual(features(2));
  });
});
