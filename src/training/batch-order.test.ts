// Tests of homogeneous and stratified batches: a hand-made case, and properties over random data sets.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupEntropy } from "./batch-order.ts";
import { planEpoch } from "./batching.ts";
import { stream } from "./random.ts";

const at = { seed: 7, epoch: 3 };
const SIZE = 8;

/** 128 examples of 10 to 49 tokens: half of them in group 0, a quarter in 1, an eighth each in 2 and 3. */
const COUNT = 128;
const lengths = Array.from(stream(1, 0, "lengths").permutation(COUNT), (i) => 10 + (i % 40));
const groups = Array.from(stream(2, 0, "groups").permutation(COUNT), (i) =>
  i < COUNT / 2 ? 0 : i < (3 * COUNT) / 4 ? 1 : i < (7 * COUNT) / 8 ? 2 : 3,
);
const plan = (composition: "random" | "homogeneous" | "stratified", epoch = at.epoch) =>
  planEpoch(lengths, { size: { examples: SIZE }, composition }, { ...at, epoch }, groups);
const groupsOf = (batch: readonly number[]) => batch.map((i) => groups[i]!).sort();

describe("the batches of an epoch", () => {
  test("homogeneous ones hold one group each, where groups fill whole batches", () => {
    const { batches, entropy } = plan("homogeneous");
    for (const batch of batches) expect(new Set(groupsOf(batch)).size).toBe(1);
    expect(entropy?.batches).toBe(0);
  });

  test("stratified ones hold every group in proportion, give or take one", () => {
    const { batches, entropy } = plan("stratified");
    for (const batch of batches) {
      for (const [group, share] of [4, 2, 1, 1].entries()) {
        const count = groupsOf(batch).filter((one) => one === group).length;
        expect(Math.abs(count - share)).toBeLessThanOrEqual(1);
      }
    }
    expect(entropy!.batches).toBeGreaterThan(plan("random").entropy!.batches);
  });

  test("the entropy of all examples is that of their shares", () => {
    // 1/2 ln 2 + 1/4 ln 4 + 2 * 1/8 ln 8 = 1.75 ln 2
    expect(plan("random").entropy?.examples).toBeCloseTo(1.75 * Math.LN2, 12);
    expect(groupEntropy([0, 1, 2, 3], (i) => i % 2)).toBeCloseTo(Math.LN2, 12);
    expect(planEpoch(lengths, { size: { examples: SIZE } }, at)).not.toHaveProperty("entropy");
  });

  test("random ones do not depend on groups", () => {
    const options = { size: { examples: SIZE } };
    expect(plan("random").batches).toEqual(planEpoch(lengths, options, at).batches);
  });

  test.each(["homogeneous", "stratified"] as const)(
    "%s ones are as many as random ones, hold every example once, and differ between epochs",
    (composition) => {
      const made = plan(composition);
      expect(made.batches.map(({ length }) => length)).toEqual(Array(COUNT / SIZE).fill(SIZE));
      expect(made.batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
      expect(plan(composition)).toEqual(made);
      expect(plan(composition, 4).batches).not.toEqual(made.batches);
      const unsorted = planEpoch(lengths, { size: { examples: SIZE }, shuffle: false }, at);
      expect(made.paddingShare).toBeLessThan(unsorted.paddingShare / 2);
    },
  );

  test("any groups, lengths and budget of tokens give batches within it", () => {
    const examples = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(5)), {
      minLength: 1,
      maxLength: 120,
    });
    const composition = fc.constantFrom("homogeneous" as const, "stratified" as const);
    fc.assert(
      fc.property(examples, composition, fc.nat(), (made, how, seed) => {
        const { batches } = planEpoch(
          made.map(([length]) => length),
          { size: { tokens: 120, examples: 9 }, poolBatches: 2, composition: how },
          { seed, epoch: 0 },
          made.map(([, group]) => group),
        );
        expect(batches.flat().sort((a, b) => a - b)).toEqual(made.map((_, i) => i));
        for (const batch of batches) {
          const longest = Math.max(...batch.map((i) => made[i]![0]));
          expect(batch.length * longest).toBeLessThanOrEqual(120);
        }
      }),
    );
  });

  test("homogeneous and stratified ones are refused without groups or without shuffling", () => {
    const size = { examples: SIZE };
    const fault = expect.objectContaining({ code: "training/bad-batching" });
    expect(() => planEpoch(lengths, { size, composition: "stratified" }, at)).toThrow(fault);
    const inOrder = { size, shuffle: false, composition: "homogeneous" } as const;
    expect(() => planEpoch(lengths, inOrder, at, groups)).toThrow(fault);
  });
});
