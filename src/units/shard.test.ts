import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readShard, unitsOfShard } from "./shard.ts";

describe("shards", () => {
  it("divide the units: each belongs to one shard", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 200 }), (count, units) => {
        const all = Array.from({ length: count }, (_, index) => [...unitsOfShard({ index, count }, units)]);
        expect(all.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: units }, (_, unit) => unit));
        const sizes = all.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("are counted from 0", () => {
    expect(readShard("0/16", {})).toEqual({ index: 0, count: 16 });
    expect(readShard("15/16", {})).toEqual({ index: 15, count: 16 });
    for (const text of ["16/16", "0/0", "1", "1/", "a/2", "-1/2", "1.5/2", ""])
      expect(() => readShard(text, {}), text).toThrow(expect.objectContaining({ code: "units/wrong-shard" }));
  });

  it("take their number from Kubernetes", () => {
    expect(readShard("auto/4", { JOB_COMPLETION_INDEX: "3" })).toEqual({ index: 3, count: 4 });
    expect(() => readShard("auto/4", { JOB_COMPLETION_INDEX: "4" })).toThrow("counted from 0");
    expect(() => readShard("auto", { JOB_COMPLETION_INDEX: "3" })).toThrow(
      expect.objectContaining({ code: "units/no-shard-number" }),
    );
  });

  it.each([
    ["1-4", ["1", "2", "3", "4"], [0, 1, 2, 3]],
    ["0-3", ["0", "1", "2", "3"], [0, 1, 2, 3]],
    ["5", ["5"], [0]],
    ["2-8:3", ["2", "5", "8"], [0, 1, 2]],
  ])("take number and count from a Slurm array %s", (_, tasks, indices) => {
    const choices = tasks.map((task) =>
      readShard("auto", {
        SLURM_ARRAY_TASK_ID: task,
        SLURM_ARRAY_TASK_COUNT: String(tasks.length),
        SLURM_ARRAY_TASK_MIN: tasks[0],
        SLURM_ARRAY_TASK_MAX: tasks.at(-1),
      }),
    );
    expect(choices).toEqual(indices.map((index) => ({ index, count: tasks.length })));
  });

  it("refuse a Slurm array with gaps, and variables that are missing", () => {
    const gaps = {
      ...{ SLURM_ARRAY_TASK_ID: "2", SLURM_ARRAY_TASK_COUNT: "3" },
      ...{ SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_MAX: "8" },
    };
    expect(() => readShard("auto", gaps)).toThrow("evenly spaced");
    expect(() => readShard("auto/8", {})).toThrow("neither is set");
    expect(readShard("auto/8", gaps)).toEqual({ index: 2, count: 8 });
  });
});
