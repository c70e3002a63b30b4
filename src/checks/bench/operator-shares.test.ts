import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { operatorShares } from "./operator-shares.ts";

const folder = await mkdtemp(join(tmpdir(), "relata-profile-"));
afterAll(() => rm(folder, { recursive: true }));

const run = (ts: number) => ({ cat: "Session", name: "model_run", ts, dur: 100 });
const node = (ts: number, op_name: string, dur: number) => ({
  cat: "Node",
  name: `${op_name}_1_kernel_time`,
  ts,
  dur,
  args: { op_name },
});

it("sums operators over the warm half of the runs, with a Scan's nodes in place of the Scan", async () => {
  const path = join(folder, "profile.json");
  const events = [
    run(0),
    node(1, "Gemm", 9000), // the first run is cold and does not count
    run(100),
    node(101, "Gemm", 3000),
    node(102, "Mul", 500),
    node(103, "Mul", 500),
    node(104, "Scan", 5000),
    { cat: "Node", name: "Gemm_1_fence_before", ts: 105, dur: 7, args: { op_name: "Gemm" } },
  ];
  await writeFile(path, JSON.stringify(events));
  expect(await operatorShares(path)).toEqual([
    { operator: "Gemm", count: 1, milliseconds: 3, share: 0.75 },
    { operator: "Mul", count: 2, milliseconds: 1, share: 0.25 },
  ]);
});
