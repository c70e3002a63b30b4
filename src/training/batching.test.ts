// Tests of the batches of an epoch: properties over random data sets, and a hand-made case.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BatchingOptions, planEpoch } from "./batching.ts";
import { stream } from "./random.ts";

const at = { seed: 7, epoch: 3 };

const lengthsOfDataSet = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 300 });
const batching: fc.Arbitrary<BatchingOptions> = fc.record({
  size: fc.oneof(
    fc.record({ examples: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ tokens: fc.integer({ min: 64, max: 600 }) }),
    fc.record({ tokens: fc.integer({ min: 64, max: 600 }), examples: fc.integer({ min: 1, max: 20 }) }),
  ),
  shuffle: fc.boolean(),
  poolBatches: fc.integer({ min: 1, max: 10 }),
  padToMultiple: fc.constantFrom(1, 4, 8),
});

/** Sentences of about 31 tokens, as in MNRE. */
function sentenceLengths(count: number): number[] {
  const random = stream(1, 0, "lengths");
  return Array.from({ length: count }, () =>
    Math.max(5, Math.min(80, Math.round(31 + 10 * random.normal()))),
  );
}

describe("planEpoch", () => {
  test("every example stands in exactly one batch, and every batch keeps its limits", () => {
    fc.assert(
      fc.property(lengthsOfDataSet, batching, fc.nat(), fc.nat(50), (lengths, options, seed, epoch) => {
        const { batches, paddingShare, largestBatchTokens } = planEpoch(lengths, options, { seed, epoch });
        expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        const multiple = options.padToMultiple ?? 1;
        const sizes = batches.map((batch) => {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(options.size.examples ?? Number.POSITIVE_INFINITY);
          const longest = Math.max(...batch.map((i) => lengths[i] as number));
          return batch.length * Math.ceil(longest / multiple) * multiple;
        });
        for (const size of sizes)
          expect(size).toBeLessThanOrEqual(options.size.tokens ?? Number.POSITIVE_INFINITY);
        expect(largestBatchTokens).toBe(Math.max(...sizes));
        const tokens = lengths.reduce((sum, length) => sum + length, 0);
        expect(paddingShare).toBeCloseTo(1 - tokens / sizes.reduce((sum, size) => sum + size, 0), 12);
      }),
      { numRuns: 300 },
    );
  });

  test("a fixed batch size leaves only the last batch to be smaller", () => {
    const plan = planEpoch(sentenceLengths(103), { size: { examples: 10 } }, at);
    expect(plan.batches.map((batch) => batch.length).sort((a, b) => a - b)).toEqual([
      3,
      ...Array(10).fill(10),
    ]);
  });

  test("the same seed and epoch give the same batches; another seed or epoch gives others", () => {
    const lengths = sentenceLengths(500);
    const batches = (seed: number, epoch: number) =>
      planEpoch(lengths, { size: { examples: 16 } }, { seed, epoch }).batches;
    expect(batches(1, 2)).toEqual(batches(1, 2));
    expect(batches(1, 2)).not.toEqual(batches(1, 3));
    expect(batches(1, 2)).not.toEqual(batches(2, 2));
  });

  test("pools keep padding small where plain shuffling wastes a third", () => {
    const lengths = sentenceLengths(12_000);
    const share = (options: BatchingOptions) => planEpoch(lengths, options, at).paddingShare;
    expect(share({ size: { examples: 16 }, poolBatches: 1 })).toBeGreaterThan(0.3);
    expect(share({ size: { examples: 16 } })).toBeLessThan(0.04);
    expect(share({ size: { tokens: 512 } })).toBeLessThan(0.04);
  });

  test("batches of all lengths are spread over the epoch", () => {
    const lengths = sentenceLengths(8000);
    const { batches } = planEpoch(lengths, { size: { examples: 16 } }, at);
    const meanLength = (part: readonly (readonly number[])[]) =>
      part.flat().reduce((sum, i) => sum + (lengths[i] as number), 0) / part.flat().length;
    for (let quarter = 0; quarter < 4; quarter++) {
      expect(Math.abs(meanLength(batches.slice(quarter * 125, quarter * 125 + 125)) - 31)).toBeLessThan(3);
    }
  });

  test("without shuffling the examples keep their order", () => {
    const options = { size: { tokens: 12 }, shuffle: false } as const;
    // 5+5 and 6+6 fit 12 tokens; 7 after 3 would need 14.
    expect(planEpoch([5, 5, 6, 6, 3, 7], options, at).batches).toEqual([[0, 1], [2, 3], [4], [5]]);
  });

  test.each([
    ["training/no-examples", [], { size: { examples: 4 } }],
    ["training/bad-length", [3, 0], { size: { examples: 4 } }],
    ["training/bad-length", [3, 1.5], { size: { examples: 4 } }],
    ["training/bad-batching", [3], { size: { examples: 0 } }],
    ["training/bad-batching", [3], { size: { tokens: 1.5 } }],
    ["training/example-over-budget", [3, 65], { size: { tokens: 64 } }],
  ])("refuses with %s what cannot be batched: lengths %j, %j", (code, lengths, options) => {
    expect(() => planEpoch(lengths, options, at)).toThrow(expect.objectContaining({ code }));
  });
});
