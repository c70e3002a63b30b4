import { describe, expect, it } from "vitest";
import { sizingFor } from "./sizing.ts";

const NONE = { replicas: undefined, threads: undefined };
const SMALL = [100e6];

describe("the size of a server", () => {
  it("is one worker with all cores on a small machine, and more workers on a large one", () => {
    expect(sizingFor(NONE, { cores: 2, memoryBytes: 8e9, modelBytes: SMALL })).toEqual({
      replicas: 1,
      threads: 2,
    });
    expect(sizingFor(NONE, { cores: 16, memoryBytes: 64e9, modelBytes: SMALL })).toEqual({
      replicas: 4,
      threads: 4,
    });
  });

  it("leaves out workers that would not fit into memory, but never the last one", () => {
    const large = [1.4e9]; // 2.4 GB each: 0.7 of 7.2 GB holds two
    expect(sizingFor(NONE, { cores: 16, memoryBytes: 7.2e9, modelBytes: large }).replicas).toBe(2);
    expect(sizingFor(NONE, { cores: 16, memoryBytes: 1e9, modelBytes: large })).toEqual({
      replicas: 1,
      threads: 16,
    });
  });

  it("shares the cores among models, and keeps to what the settings say", () => {
    const two = { cores: 16, memoryBytes: 64e9, modelBytes: [100e6, 100e6] };
    expect(sizingFor(NONE, two)).toEqual({ replicas: 2, threads: 4 });
    expect(sizingFor({ replicas: 3, threads: undefined }, two)).toEqual({ replicas: 3, threads: 2 });
    expect(sizingFor({ replicas: 32, threads: undefined }, two).threads).toBe(1);
    expect(sizingFor({ replicas: 1, threads: 5 }, two)).toEqual({ replicas: 1, threads: 5 });
  });
});
