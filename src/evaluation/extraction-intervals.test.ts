import { describe, expect, it } from "vitest";
import { entityIntervals, relationIntervals } from "./extraction-intervals.ts";
import type { ExtractedDocument } from "./extraction-metrics.ts";

const options = { seed: 1, samples: 400, confidence: 0.95 };
const person = { start: 0, end: 3, label: "person" };
const place = { start: 4, end: 8, label: "place" };
const right: ExtractedDocument = {
  id: "a",
  entities: [person, place],
  relations: [{ head: 0, tail: 1, label: "lives_in" }],
};
const empty: ExtractedDocument = { id: "a", entities: [], relations: [] };
const many = (count: number, one: ExtractedDocument) => Array.from({ length: count }, () => one);

describe("intervals of extraction scores", () => {
  it("are one point where every document is equally right, or all are drawn together", () => {
    const gold = many(5, right);
    const apart = { ...options, clusters: [0, 1, 2, 3, 4] };
    expect(entityIntervals(gold, gold, apart)).toEqual({
      micro: [1, 1],
      macro: [1, 1],
      labels: [
        { label: "person", interval: [1, 1] },
        { label: "place", interval: [1, 1] },
      ],
    });
    // Three of five right: F1 = 2 * 3 / (3 + 5), in every resample of a single cluster.
    const found = [...many(3, right), ...many(2, empty)];
    const together = relationIntervals(gold, found, { ...options, clusters: [0, 0, 0, 0, 0] });
    expect(together.micro).toEqual([0.75, 0.75]);
  });

  it("are those of drawing the documents: a normal approximation agrees", () => {
    const count = 400;
    const gold = many(count, right);
    const found = [...many(300, right), ...many(100, empty)];
    const clusters = gold.map((_, i) => i);
    const { micro } = entityIntervals(gold, found, { ...options, clusters });
    // With a share p = 0.75 of documents right, F1 = 2p / (1 + p); its deviation is 2 / (1 + p)^2 * sqrt(p (1 - p) / n).
    const centre = 1.5 / 1.75;
    const deviation = (2 / 1.75 ** 2) * Math.sqrt((0.75 * 0.25) / count);
    expect(Math.abs(micro[0] - (centre - 1.96 * deviation))).toBeLessThan(0.006);
    expect(Math.abs(micro[1] - (centre + 1.96 * deviation))).toBeLessThan(0.006);
    const grouped = entityIntervals(gold, found, {
      ...options,
      clusters: clusters.map((i) => Math.floor(i / 20)),
    });
    expect(grouped.micro[1] - grouped.micro[0]).toBeGreaterThan(micro[1] - micro[0]);
  });

  it("judge a rare label by the resamples in which it occurs", () => {
    const rare: ExtractedDocument = { ...right, relations: [{ head: 1, tail: 0, label: "home_of" }] };
    const gold = [...many(9, right), rare];
    const clusters = gold.map((_, i) => i);
    const { labels } = relationIntervals(gold, gold, { ...options, clusters });
    expect(labels.find(({ label }) => label === "home_of")?.interval).toEqual([1, 1]);
  });
});
