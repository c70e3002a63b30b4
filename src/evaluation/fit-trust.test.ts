import { describe, expect, it } from "vitest";
import { MAX_TRUST } from "../base/trust-range.ts";
import { fitTrust, type TrustInstances, trusted } from "./fit-trust.ts";
import { seededIndex } from "./seeded-random.ts";

/** Two labels, a text that is right in half of the cases by 1 nat, and views that speak for the gold label by `nats` unless `isWrong`. */
function speaking(count: number, nats: number, isWrong: (i: number) => boolean): TrustInstances {
  const places = Array.from({ length: count }, (_, i) => i);
  return {
    without: places.map((i) => [(i >> 1) % 2 === 0 ? 1 : -1, 0]),
    evidence: places.map((i) => (isWrong(i) ? [0, nats] : [nats, 0])),
    gold: places.map(() => 0),
    clusters: places,
  };
}

/** Gold labels drawn with the probabilities that texts and views say: a trust of 1 is right. */
function drawn(count: number, seed: number): TrustInstances {
  const random = seededIndex(seed);
  const places = Array.from({ length: count }, (_, i) => i);
  const without = places.map(() => [random(2000) / 1000 - 1, 0]);
  const evidence = places.map(() => [random(4000) / 1000 - 2, 0]);
  const gold = places.map((i) => {
    const odds = without[i]![0]! + evidence[i]![0]!; // one row each
    return random(1_000_000) / 1_000_000 < 1 / (1 + Math.exp(-odds)) ? 0 : 1;
  });
  return { without, evidence, gold, clusters: places };
}

/** One in ten, in both halves of a split. */
const oneInTen = (i: number) => i % 20 === 0 || i % 20 === 11;

describe("fitTrust", () => {
  it("finds the optimum calculated by hand", () => {
    // Two groups of 200: without a view, the log odds of the gold label are a in A and -a in B; a view adds 0.5. The gold label is the
    // answer in 9 of 10 of A and 3 of 5 of B, so (a + b / 2) / T = log 9 and (-a + b / 2) / T = log 1.5: with a = log(9 / 1.5) / 2,
    // T = 1 and b = log(9 * 1.5).
    const a = Math.log(9 / 1.5) / 2;
    const places = Array.from({ length: 400 }, (_, i) => i);
    const isA = (i: number) => (i >> 1) % 2 === 0;
    const gold = places.map((i) => ((isA(i) ? (i >> 2) % 10 === 0 : (i >> 2) % 5 < 2) ? 1 : 0));
    const without = places.map((i) => [isA(i) ? a : -a, 0]);
    const found = fitTrust({ without, evidence: places.map(() => [0.5, 0]), gold, clusters: places });
    expect(found).toMatchObject({ decision: "fitted", instances: 400, texts: 400, atBound: false });
    expect(found.trust).toBeCloseTo(Math.log(9 * 1.5), 1);
    const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    expect(found.loss!.after).toBeCloseTo((entropy(0.9) + entropy(0.6)) / 2, 2);
    expect(found.loss!.before).toBeGreaterThan(found.loss!.after + 0.02);
  });

  it("does not lower trust because a model is too sure of itself", () => {
    const fourfold = (rows: TrustInstances["without"]) =>
      rows.map((row) => Array.from(row, (value) => 4 * value));
    const some = drawn(1000, 3);
    const fit = fitTrust({
      ...some,
      without: fourfold(some.without),
      evidence: fourfold(some.evidence),
    });
    expect(fit.fitted).toBeGreaterThan(0.8);
    expect(fit.fitted).toBeLessThan(1.3);
  });

  it("trusts views that mislead as little as it can", () => {
    const found = fitTrust(speaking(200, 1, (i) => i % 4 !== 0));
    expect(found.trust).toBeLessThan(1e-2);
    expect(found.atBound).toBe(true);
  });

  it("says so when all views are right and no trust is enough", () => {
    const found = fitTrust(speaking(400, 0.05, () => false));
    expect(found).toMatchObject({ decision: "fitted", atBound: true });
    expect(found.trust).toBeCloseTo(MAX_TRUST, 2);
  });

  it("keeps 1 where views are worth what they say", () => {
    const kept = [1, 2, 3, 4, 5, 6].filter((seed) => fitTrust(drawn(200, seed)).trust === 1);
    expect(kept.length).toBeGreaterThanOrEqual(5);
  });

  it("counts only instances with a view, and copies of a text as one", () => {
    const some = speaking(30, 0.5, oneInTen);
    const silent = { ...some, evidence: some.evidence.map((row, i) => (i < 20 ? [0, 0] : row)) };
    expect(fitTrust(silent)).toMatchObject({ instances: 10, texts: 10 });
    expect(fitTrust({ ...some, clusters: some.clusters.map((i) => i % 7) })).toMatchObject({
      decision: "too-few",
      trust: 1,
      texts: 7,
      loss: null,
    });
  });

  it("fits nothing where there is no view", () => {
    const none = { without: [[0, 1]], evidence: [[0, 0]], gold: [0], clusters: [0] };
    expect(fitTrust(none)).toMatchObject({ trust: 1, decision: "too-few", instances: 0, atBound: false });
  });

  it("ignores labels that are ruled out", () => {
    const some = speaking(400, 0.5, oneInTen);
    const masked = {
      ...some,
      without: some.without.map((row) => [...Array.from(row), -1e30]),
      evidence: some.evidence.map((row) => [...Array.from(row), 0]),
    };
    expect(fitTrust(masked).trust).toBeCloseTo(fitTrust(some).trust, 6);
  });

  it("refuses lists of different lengths", () => {
    const some = speaking(4, 1, () => false);
    expect(() => fitTrust({ ...some, gold: [0] })).toThrow(/4 gold labels but 1/);
    expect(() => fitTrust({ ...some, gold: [0, 0, 0, 5] })).toThrow(/label index 5/);
  });
});

it("moves scores by trust times the evidence", () => {
  expect([...trusted([1, -2], [0.5, 1], 2)]).toEqual([2, 0]);
  expect([...trusted([1, -2], [0.5, 1], 0)]).toEqual([1, -2]);
});
