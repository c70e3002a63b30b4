// The choice of a batch on small pools whose answer is known.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidates, CHOICES, chooseBatch, SHORTLIST } from "./choose-batch.ts";

/** Candidates at angles in degrees on the unit circle. */
function onCircle(angles: readonly number[], uncertainty?: readonly number[]): Candidates {
  return {
    count: angles.length,
    uncertainty,
    vectorsOf: async (indices) => ({
      width: 2,
      data: Float32Array.from(
        indices.flatMap((i) => [angles[i]!, angles[i]! - 90].map((a) => Math.cos((a * Math.PI) / 180))),
      ),
    }),
  };
}

describe("the choice of a batch", () => {
  it("takes the least certain first, the earlier one of two that are equally so", async () => {
    const candidates = onCircle([0, 90, 180, 270], [0.1, 0.7, 0.7, 0.9]);
    expect(await chooseBatch(candidates, 3, "uncertainty", 1)).toEqual([3, 1, 2]);
  });

  it("spreads over equal texts only when nothing else is left", async () => {
    const angles = [0, 0, 0, 0, 120, 240];
    for (let seed = 1; seed <= 20; seed++) {
      const chosen = await chooseBatch(onCircle(angles), 3, "diversity", seed);
      expect(new Set(chosen.map((i) => angles[i])).size).toBe(3);
      expect((await chooseBatch(onCircle(angles), 6, "diversity", seed)).toSorted()).toEqual([
        0, 1, 2, 3, 4, 5,
      ]);
    }
  });

  it("with both, avoids a second copy of the least certain text, and texts outside the shortlist", async () => {
    const sure = Array.from({ length: 50 }, (_, i) => i * 7);
    const angles = [0, 0, 0, 90, 180, 270, 45, 135, ...sure];
    const uncertainty = [0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.7, 0.7, ...sure.map(() => 0.01)];
    for (let seed = 1; seed <= 20; seed++) {
      const chosen = await chooseBatch(onCircle(angles, uncertainty), 2, "both", seed);
      expect(chosen[0]).toBe(0);
      expect(angles[chosen[1]!]).not.toBe(0);
      expect(chosen[1]).toBeLessThan(2 * SHORTLIST);
    }
  });

  it("permuted uncertainties choose each document equally often", async () => {
    const counts = [0, 0, 0, 0];
    for (let seed = 0; seed < 4000; seed++) {
      const [first] = await chooseBatch(onCircle([0, 1, 2, 3], [0.1, 0.2, 0.3, 0.9]), 1, "permuted", seed);
      counts[first!]!++;
    }
    // Binomial with n = 4000 and p = 1/4: five standard deviations are 137.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(137);
  });

  it("chooses as many as there are, each once, and the same for the same seed", async () => {
    const degrees = fc.double({ min: 0, max: 360, noNaN: true });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(degrees, share), { maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(...CHOICES),
        fc.nat(),
        async (pool, size, by, seed) => {
          const candidates = onCircle(
            pool.map(([angle]) => angle),
            pool.map(([, uncertainty]) => uncertainty),
          );
          const chosen = await chooseBatch(candidates, size, by, seed);
          expect(chosen.length).toBe(Math.min(size, pool.length));
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(await chooseBatch(candidates, size, by, seed)).toEqual(chosen);
        },
      ),
    );
  });
});
