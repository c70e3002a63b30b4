import { describe, expect, it } from "vitest";
import { shareOut } from "./resources.ts";

const GB = 1e9;

describe("shareOut", () => {
  const machine = { cores: 8, memoryBytes: 40 * GB };

  it("runs a cell per core when all fit, and never more than there are", () => {
    expect(shareOut({ cells: 20 }, machine, GB)).toEqual({ jobs: 8, threads: 1 });
    expect(shareOut({ cells: 3 }, machine, GB)).toEqual({ jobs: 3, threads: 2 });
  });

  it("runs as many as fit into nine tenths of the memory, at least one", () => {
    expect(shareOut({ cells: 20 }, machine, 10 * GB)).toEqual({ jobs: 3, threads: 2 });
    expect(shareOut({ cells: 20 }, machine, 100 * GB)).toEqual({ jobs: 1, threads: 8 });
  });

  it("obeys what it is told", () => {
    expect(shareOut({ cells: 20, jobs: 4 }, machine, 100 * GB)).toEqual({ jobs: 4, threads: 2 });
    expect(shareOut({ cells: 20, threads: 4 }, machine, GB)).toEqual({ jobs: 2, threads: 4 });
    expect(shareOut({ cells: 20, jobs: 2, threads: 1 }, machine, GB)).toEqual({ jobs: 2, threads: 1 });
  });
});
