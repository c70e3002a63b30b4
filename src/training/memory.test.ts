// Tests of the memory estimate, and of container limits as the kernel reports them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { availableMemoryBytes, checkMemory, estimateMemory } from "./memory.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "relata-memory-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

describe("availableMemoryBytes", () => {
  test("is what the system has free where there are no control groups", () => {
    expect(availableMemoryBytes(8e9, root)).toBe(8e9);
  });

  test("keeps the limit of a version 2 group and of the groups above it, with page cache counted as free", () => {
    put({
      "proc/self/cgroup": "0::/team/job\n",
      "sys/fs/cgroup/team/memory.max": "4000000000\n",
      "sys/fs/cgroup/team/memory.current": "3000000000\n",
      "sys/fs/cgroup/team/memory.stat": "anon 2500000000\ninactive_file 500000000\n",
      "sys/fs/cgroup/team/job/memory.max": "max\n",
      "sys/fs/cgroup/team/job/memory.current": "1000000000\n",
    });
    expect(availableMemoryBytes(8e9, root)).toBe(1.5e9);
    expect(availableMemoryBytes(1e9, root)).toBe(1e9);
  });

  test("keeps the limit of a version 1 group, also where only the container's own group is visible", () => {
    put({
      "proc/self/cgroup": "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "1500000000\n",
      "sys/fs/cgroup/memory/memory.stat": "cache 1\ninactive_file 0\ntotal_inactive_file 250000000\n",
    });
    expect(availableMemoryBytes(8e9, root)).toBe(0.75e9);
  });
});

describe("checkMemory", () => {
  const bert = {
    parameterCount: 110e6,
    activationBytes: (tokens: number) => tokens * 1e6,
    largestBatchTokens: 1024,
  };

  test("counts weights, gradients, two moments, accumulated gradients where there are some, and the largest batch", () => {
    expect(estimateMemory(bert)).toEqual({
      parameterBytes: 1.76e9,
      activationBytes: 1.024e9,
      totalBytes: 3.034e9,
    });
    expect(estimateMemory({ ...bert, accumulation: 4 }).parameterBytes).toBe(2.2e9);
  });

  test("lets a run pass that fits nine tenths of the memory and refuses any other with the numbers", () => {
    expect(checkMemory(bert, 3.4e9).totalBytes).toBe(3.034e9);
    expect(() => checkMemory(bert, 3.3e9)).toThrow(
      expect.objectContaining({
        code: "training/not-enough-memory",
        fault: "work",
        message: expect.stringContaining(
          "needs about 3.0 GB (1.8 GB for 110000000 parameters, 1.0 GB for a batch of 1024 tokens), 3.3 GB are available",
        ),
      }),
    );
  });
});
