import fc from "fast-check";
import { expect, it } from "vitest";
import { equalLengthBatches, predictionBatches } from "./prediction-batches.ts";

const lengthsOf = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 200 });

it("puts every text into one batch, longest first, never more than the budget allows", () => {
  fc.assert(
    fc.property(lengthsOf, (lengths) => {
      const batches = predictionBatches(lengths);
      const order = batches.flat();
      expect([...order].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
      const sorted = order.map((i) => lengths[i] as number);
      expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
      for (const batch of batches) {
        const padded = batch.length * Math.max(...batch.map((i) => lengths[i] as number));
        expect(batch.length === 1 || (padded <= 512 && batch.length <= 64)).toBe(true);
      }
    }),
  );
});

it("fills batches to the budget", () => {
  const rows = predictionBatches(Array.from({ length: 40 }, () => 30)).map(({ length }) => length);
  expect(rows).toEqual([17, 17, 6]); // 17 times 30 is 510
  expect(predictionBatches([2000, 1, 300, 256])).toEqual([[0], [2], [3, 1]]);
});

it("puts texts of one length together if asked to, and pads nothing", () => {
  expect(equalLengthBatches([5, 300, 5, 7, 300, 5])).toEqual([[1], [4], [3], [0, 2, 5]]);
  fc.assert(
    fc.property(lengthsOf, (lengths) => {
      const batches = equalLengthBatches(lengths);
      expect(batches.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()]);
      for (const batch of batches) {
        expect(new Set(batch.map((i) => lengths[i])).size).toBe(1);
        expect(batch.length === 1 || batch.length * (lengths[batch[0] as number] as number) <= 512).toBe(
          true,
        );
      }
    }),
  );
});
