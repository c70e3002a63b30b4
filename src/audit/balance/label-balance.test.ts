import { describe, expect, it } from "vitest";
import { quantile } from "../../base/statistics.ts";
import { auditedBy } from "../testing/audited-by.ts";
import { driftOf } from "./drift.ts";
import { labelBalance } from "./label-balance.ts";

const posts = (split: string, labels: Readonly<Record<string, number>>) =>
  Object.entries(labels).flatMap(([label, count]) =>
    Array.from({ length: count }, () => ({ split, document: { category: { label } } })),
  );

describe("the balance of labels", () => {
  it("names what is too rare to learn, to score or to be seen at all, each with its number", async () => {
    const found = await auditedBy(labelBalance, [
      ...posts("train", { news: 60, sport: 30, art: 9 }),
      ...posts("test", { news: 60, sport: 19, food: 2 }),
    ]);
    expect(found.map(({ code, split, strength }) => [code, split, Number(strength.toFixed(4))])).toEqual([
      ["balance/dominant-label", "train", 0.6061], // 60 of 99
      ["balance/rare-label", "train", 0.3333], // art
      ["balance/dominant-label", "test", 0.7407], // 60 of 81
      ["balance/unscorable-label", "test", 0.6667], // food and sport
      ["balance/unlearnt-label", "train / test", 0.0247], // food: 2 of 81
      ["balance/unscored-label", "train / test", 0.3333], // art
    ]);
    // Wilson's interval of 1 of 2: (0.5 + 0.96036) / 2.92073 is the middle, and the half width is 0.40551.
    expect(found[3]?.sentence).toContain("recall of one half on the 2 cases of food");
    expect(found[3]?.sentence).toContain("9.5 % to 90.5 %");
    expect(found[4]).toMatchObject({ severity: "error", rows: [{ row: 179 }, { row: 180 }] });
  });

  it("says nothing of splits that are alike, of one label, and of documents without labels", async () => {
    const alike = { news: 40, sport: 35, art: 30 };
    expect(await auditedBy(labelBalance, [...posts("train", alike), ...posts("test", alike)])).toEqual([]);
    expect(await auditedBy(labelBalance, posts("train", { news: 5 }))).toEqual([]);
    expect(await auditedBy(labelBalance, [{ split: "train", document: {} }])).toEqual([]);
  });

  it("finds shares that drift", async () => {
    const found = await auditedBy(labelBalance, [
      ...posts("train", { news: 200, sport: 250, art: 250 }),
      ...posts("test", { news: 140, sport: 80, art: 80 }),
    ]);
    const [drift] = found.filter(({ code }) => code === "balance/label-drift");
    // |2/7 - 7/15| is the largest difference, and half of the sum of all.
    expect(drift?.strength).toBeCloseTo(7 / 15 - 2 / 7);
    expect(drift?.sentence).toContain("most for news: 28.6 % and 46.7 %");
  });
});

describe("the test for drift", () => {
  /** Two splits of documents drawn from the same distribution; `repeats` annotations of the same label in each. */
  const samples = (repeats: number) =>
    Array.from({ length: 60 }, (_, sample) => {
      let state = sample + 1;
      const next = () => {
        state = (state * 48_271) % 2_147_483_647; // Lehmer's generator
        return state / 2_147_483_647;
      };
      const counts = ["a", "b", "c"].map((label) => ({
        labels: Array<string>(repeats).fill(label),
        first: 0,
        second: 0,
      }));
      for (let i = 0; i < 150; i++) counts[Math.floor(next() * 3)]![i % 3 === 0 ? "second" : "first"]++;
      return driftOf(counts, sample).pValue;
    });

  it("has p values that are spread evenly without drift, though labels of a document depend on each other", () => {
    for (const repeats of [1, 5]) {
      const sorted = samples(repeats).sort((a, b) => a - b);
      expect(quantile(sorted, 0.5)).toBeGreaterThan(0.3);
      expect(quantile(sorted, 0.5)).toBeLessThan(0.7);
      expect(sorted.filter((p) => p < 0.05).length).toBeLessThan(8); // of 60; 3 are expected
    }
  });
});
