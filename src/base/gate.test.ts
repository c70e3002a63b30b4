import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gate } from "./gate.ts";

describe("Gate", () => {
  it("never lets more in than its capacity, except one piece of work alone, and keeps the order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.integer({ min: 0, max: 15 })),
        async (capacity, weights) => {
          const gate = new Gate(capacity);
          const inside = new Map<number, number>();
          const begun: number[] = [];
          const work = async (weight: number, i: number) => {
            const release = await gate.enter(weight);
            begun.push(i);
            inside.set(i, weight);
            const total = [...inside.values()].reduce((sum, one) => sum + one, 0);
            const heavy = [...inside.values()].filter((one) => one > 0);
            expect(total <= capacity || heavy.length === 1).toBe(true);
            await Promise.resolve();
            inside.delete(i);
            release();
            release(); // a second call does nothing
          };
          await Promise.all(weights.map(work));
          expect(begun).toEqual(weights.map((_, i) => i));
        },
      ),
    );
  });
});
