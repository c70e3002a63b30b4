import { expect, it, vi } from "vitest";
import { AdamW } from "./adamw.ts";
import { Parameters } from "./parameters.ts";

vi.mock("node:worker_threads", () => ({
  Worker: class {
    constructor() {
      throw new Error("Access to this API has been restricted"); // as Node's permission model does
    }
  },
}));

it("AdamW says how to do without threads where none can be started, and changes nothing", async () => {
  const group = { name: "g", weightDecay: 0, learningRateScale: 1 };
  const parameters = Parameters.create([{ name: "w", shape: [2 ** 21], group: "g" }], [group]);
  parameters.gradient("w").data.fill(1);
  const threaded = new AdamW(parameters, { threads: 2 });
  await expect(threaded.apply(1, 1e-3, { accumulated: 1 })).rejects.toMatchObject({
    code: "engine/threads-unavailable",
    place: "threads",
    remedy: expect.stringContaining("{ threads: 1 }"),
  });
  expect(parameters.weight("w").data.every((value) => value === 0)).toBe(true);
  const { gradientNorm } = await new AdamW(parameters, { threads: 1 }).apply(1, 1e-3, { accumulated: 1 });
  expect(gradientNorm).toBeCloseTo(Math.sqrt(2 ** 21), 6);
});
